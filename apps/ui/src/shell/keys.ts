/** Keys that work everywhere on the page. None fires while text is typed, with a modifier, or when a control wants the key. */
export interface KeyAction {
  key: string;
  label: string;
  does: () => void;
}

/** Listens on the document; the answer stops. */
export function listenToKeys(actions: readonly KeyAction[]): () => void {
  const keydown = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target instanceof HTMLElement ? event.target : null;
    if (target?.matches('input, textarea, select') || (target?.closest('dialog') && event.key !== '?')) return;
    // A focused control keeps its own Space.
    if (event.key === ' ' && target?.matches('button, a, summary')) return;
    const action = actions.find(({ key }) => key.toLowerCase() === event.key.toLowerCase());
    if (!action) return;
    event.preventDefault();
    action.does();
  };
  document.addEventListener('keydown', keydown);
  return () => document.removeEventListener('keydown', keydown);
}

export function keyName(key: string): string {
  return { ' ': 'Space', Escape: 'Esc' }[key] ?? key.toUpperCase();
}
