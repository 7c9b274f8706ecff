/**
 * Keys that work without a focus on anything: those of the frame and, while it is shown, those of a page. None fires while
 * text is typed, with a modifier, in a dialog, or when a focused control wants the key. `g m` is two keys in a row.
 */
export interface KeyAction {
  /** As KeyboardEvent has it, in any case; two with a space between are a sequence. */
  key: string;
  label: string;
  /** Left out: the key is only told of; whatever has the focus handles it. */
  does?: (event: KeyboardEvent) => void;
}

export interface KeyGroup {
  title: string;
  actions: readonly KeyAction[];
}

/** Between the two keys of a sequence. */
const sequenceMs = 1_500;

export class Keys {
  /** In the order in which they were added; of two groups with the same key the later goes first. */
  groups = $state.raw<readonly KeyGroup[]>([]);
  #first: { key: string; atMs: number } | null = null;

  /** Adds a group; the answer takes it away. */
  use(title: string, actions: readonly KeyAction[]): () => void {
    const group = { title, actions };
    this.groups = [...this.groups, group];
    return () => {
      this.groups = this.groups.filter((one) => one !== group);
    };
  }

  /** Listens on the document; the answer stops. */
  listen(): () => void {
    const keydown = (event: KeyboardEvent) => {
      if (isTaken(event)) return;
      const action = this.#match(event.key.toLowerCase(), event.timeStamp);
      if (!action?.does) return;
      event.preventDefault();
      action.does(event);
    };
    document.addEventListener('keydown', keydown);
    return () => document.removeEventListener('keydown', keydown);
  }

  #match(key: string, atMs: number): KeyAction | undefined {
    const before = this.#first && atMs - this.#first.atMs < sequenceMs ? `${this.#first.key} ${key}` : null;
    const actions = this.groups.toReversed().flatMap((group) => group.actions);
    const named = (name: string | null) => actions.find((action) => action.does && action.key.toLowerCase() === name);
    const sequence = named(before);
    this.#first = null;
    if (sequence) return sequence;
    if (actions.some((action) => action.key.toLowerCase().startsWith(`${key} `))) this.#first = { key, atMs };
    return named(key);
  }
}

function isTaken(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return true;
  const target = event.target instanceof HTMLElement ? event.target : null;
  if (target?.matches('input, textarea, select, [contenteditable]') || target?.closest('dialog')) return true;
  // A focused control keeps its own Space and Enter.
  return (event.key === ' ' || event.key === 'Enter') && target?.matches('button, a, summary, [role="button"]') === true;
}

const names: Record<string, string> = { ' ': 'Space', Escape: 'Esc', ArrowUp: '↑', ArrowDown: '↓', ArrowLeft: '←', ArrowRight: '→' };

/** As it is printed on a key: each key of a sequence by itself. */
export function keyNames(key: string): string[] {
  return key === ' ' ? ['Space'] : key.split(' ').map((one) => names[one] ?? (one.length === 1 ? one.toUpperCase() : one));
}
