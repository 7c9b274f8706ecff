/**
 * Interns service graph nodes: one number and one key object per (name, type, account). Bounded: beyond the limit a node is
 * `other` of its type, so hostile names cannot grow the process.
 */
import { type NodeKey, otherName } from '@fluoroscope/contract/graph';

/** Leaves room for maxNodesPerSlice several times over; what is stored is not folded by this. */
const maxNodes = 200_000;
/** Types are bounded too: an origin is free text. */
const maxOtherTypes = 1_000;

export interface Node {
  /** 1 and up; 0 stands for none. */
  index: number;
  key: NodeKey;
}

export class NodeTable {
  /** Names that were not interned because the table was full. */
  folded = 0;
  /** By the key object that `intern` has given out: most look-ups are of these. */
  private readonly byKey = new Map<NodeKey, Node>();
  private readonly byText = new Map<string, Node>();
  private readonly byIndex: (Node | undefined)[] = [undefined];

  intern(key: NodeKey): Node {
    return this.byKey.get(key) ?? this.internText(key);
  }

  private internText(key: NodeKey): Node {
    const text = `${key.name}\u0000${key.type}\u0000${key.accountId}`;
    const known = this.byText.get(text);
    if (known) return known;
    if (this.byIndex.length >= maxNodes) return this.other(key.type);
    return this.add(text, key);
  }

  at(index: number): Node | undefined {
    return this.byIndex[index];
  }

  private add(text: string, key: NodeKey): Node {
    const node = { index: this.byIndex.length, key };
    this.byText.set(text, node);
    this.byKey.set(key, node);
    this.byIndex.push(node);
    return node;
  }

  private other(type: string): Node {
    this.folded++;
    const known = this.byText.get(`${otherName}\u0000${type}\u0000`);
    if (known) return known;
    const isRoom = this.byIndex.length < maxNodes + maxOtherTypes;
    if (isRoom) return this.add(`${otherName}\u0000${type}\u0000`, { name: otherName, type, accountId: '' });
    return (
      this.byText.get(`${otherName}\u0000\u0000`) ?? this.add(`${otherName}\u0000\u0000`, { name: otherName, type: '', accountId: '' })
    );
  }
}
