/**
 * Keys that work without a focus on anything: those of the frame and, while it is shown, those of a page. None fires while
 * text is typed, with a modifier, in a dialog, or when a focused control wants the key. `g m` is two keys in a row, `Mod k` is K
 * with Ctrl or Cmd, which works in fields too. Who speaks to the computer can switch off what is a character alone (WCAG 2.1.4).
 */
import type { IconName } from './icons.js';
import { remember, remembered } from './memory.js';

export interface KeyAction {
  /** As KeyboardEvent has it, in any case; two with a space between are a sequence. Left out: the palette alone offers it. */
  key?: string;
  label: string;
  icon?: IconName;
  /** Left out: the key is only told of; whatever has the focus handles it. */
  does?: (event: KeyboardEvent) => void;
}

export interface KeyGroup {
  title: string;
  actions: readonly KeyAction[];
}

/** Between the two keys of a sequence. */
const sequenceMs = 1_500;
const storageKey = 'fluoroscope.keys';
const modifier = 'Mod ';

export class Keys {
  /** In the order in which they were added; of two groups with the same key the later goes first. */
  groups = $state.raw<readonly KeyGroup[]>([]);
  /** Keys that are a character alone work. Remembered in this browser. */
  singles = $state.raw(remembered(storageKey) !== 'off');
  #first: { key: string; atMs: number } | null = null;

  useSingles(on: boolean): void {
    this.singles = on;
    remember(storageKey, on ? 'on' : 'off');
  }

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
      const action = this.#actionFor(event);
      if (!action?.does) return;
      event.preventDefault();
      action.does(event);
    };
    document.addEventListener('keydown', keydown);
    return () => document.removeEventListener('keydown', keydown);
  }

  #actionFor(event: KeyboardEvent): KeyAction | undefined {
    const key = event.key.toLowerCase();
    if (event.defaultPrevented || event.altKey || isInDialog(event)) return undefined;
    if (event.ctrlKey || event.metaKey) return this.#named(`${modifier}${key}`);
    if (isTaken(event) || (!this.singles && isCharacter(event.key))) return undefined;
    return this.#match(key, event.timeStamp);
  }

  #match(key: string, atMs: number): KeyAction | undefined {
    const sequence = this.#first && atMs - this.#first.atMs < sequenceMs ? this.#named(`${this.#first.key} ${key}`) : undefined;
    this.#first = null;
    if (sequence) return sequence;
    if (this.#actions.some((action) => action.key?.toLowerCase().startsWith(`${key} `))) this.#first = { key, atMs };
    return this.#named(key);
  }

  get #actions(): KeyAction[] {
    return this.groups.toReversed().flatMap((group) => group.actions);
  }

  #named(name: string): KeyAction | undefined {
    return this.#actions.find((action) => action.does && action.key?.toLowerCase() === name.toLowerCase());
  }
}

function isInDialog({ target }: KeyboardEvent): boolean {
  return target instanceof HTMLElement && target.closest('dialog') !== null;
}

/** Space is none: it plays and pauses as it does everywhere. */
function isCharacter(key: string): boolean {
  return key.length === 1 && key !== ' ';
}

const pressed = [' ', 'Enter'];
const stepped = ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'Home', 'End', 'PageUp', 'PageDown'];
/** The keys that a control needs itself. */
const ownKeys: ReadonlyArray<readonly [controls: string, keys: readonly string[]]> = [
  ['input[type="range"]', stepped],
  ['input[type="radio"]', [...pressed, ...stepped]],
  ['input[type="checkbox"], input[type="button"], button, a, summary, [role="button"]', pressed],
];

function isTaken({ target, key }: KeyboardEvent): boolean {
  if (!(target instanceof HTMLElement)) return false;
  const own = ownKeys.find(([controls]) => target.matches(controls));
  // Whatever else is a field is typed into.
  return own ? own[1].includes(key) : target.matches('input, textarea, select, [contenteditable]');
}

const names: Record<string, string> = { ' ': 'Space', Escape: 'Esc', ArrowUp: '↑', ArrowDown: '↓', ArrowLeft: '←', ArrowRight: '→' };

/** As it is printed on a key: each key of a sequence by itself. */
export function keyNames(key: string): string[] {
  if (key.startsWith(modifier)) return [/Mac|iP/.test(navigator.platform) ? '⌘' : 'Ctrl', ...keyNames(key.slice(modifier.length))];
  return key === ' ' ? ['Space'] : key.split(' ').map((one) => names[one] ?? (one.length === 1 ? one.toUpperCase() : one));
}
