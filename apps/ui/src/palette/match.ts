/**
 * How well a text answers what was typed. Every word has to be found; the start of the text is worth most, then the start of a
 * word, then any place, then letters in order with others between. Equal ones keep the order they came in.
 */
export interface Match {
  /** Higher is better. */
  score: number;
  /** Places of the letters that were found, ascending. */
  at: readonly number[];
}

const worth = { start: 4, word: 3, inside: 2, scattered: 1 } as const;
/** Fewer letters, scattered, are found in anything. */
const leastScattered = 3;

/** Null when a word of the query is not in the text. */
export function match(text: string, query: string): Match | null {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const lower = text.toLowerCase();
  const found = words.map((word) => matchWord(lower, word));
  if (found.includes(null)) return null;
  const at = new Set(found.flatMap((one) => one?.at ?? []));
  const score = found.reduce((least, one) => Math.min(least, one?.score ?? 0), words.length === 0 ? 0 : worth.start);
  return { score, at: [...at].sort((left, right) => left - right) };
}

function matchWord(text: string, word: string): Match | null {
  const starts: number[] = [];
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1)) starts.push(at);
  const [first] = starts;
  if (first === undefined) return scattered(text, word);
  const best = starts.find((at) => at === 0 || !isLetter(text.charAt(at - 1))) ?? first;
  const score = best === 0 ? worth.start : isLetter(text.charAt(best - 1)) ? worth.inside : worth.word;
  return { score, at: Array.from(word, (_, index) => best + index) };
}

function scattered(text: string, word: string): Match | null {
  if (word.length < leastScattered) return null;
  const at: number[] = [];
  for (const letter of word) {
    const next = text.indexOf(letter, (at.at(-1) ?? -1) + 1);
    if (next === -1) return null;
    at.push(next);
  }
  return { score: worth.scattered, at };
}

function isLetter(text: string): boolean {
  return /[\p{L}\p{N}]/u.test(text);
}
