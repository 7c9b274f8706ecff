/**
 * Text that came from outside, as people may read it. What turns the direction of reading round is written out as its code
 * point, so that no name, URL or file passes for another one. Letters of any script stay as they are, and so do the marks
 * that only say on which side of them a sign belongs (U+200E, U+200F, U+061C): right-to-left names need those.
 */

/** Embeddings, overrides and isolates, and what ends them. */
const turns = /[\u202A-\u202E\u2066-\u2069]/g;

/** `invoice⟨U+202E⟩fdp.exe` for what a browser would show as `invoiceexe.pdf`. */
export function visibleText(text: string): string {
  return text.replace(turns, (turn) => `⟨U+${turn.charCodeAt(0).toString(16).toUpperCase()}⟩`);
}
