/** Names cut in the middle to the width they have: the end of a name tells version and stage. Measured, never laid out. */
const tailChars = 4;
/** No line is longer, however narrow its letters. */
const mostOnLine = 60;
/** A line that would be emptier is broken within a word. */
const leastFilled = 0.75;
const family = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

let context: CanvasRenderingContext2D | null = null;

/** The text itself when it fits, else its beginning, an ellipsis and its last characters. */
export function fitText(text: string, widthPixels: number, sizePixels: number): string {
  const width = ruler(sizePixels);
  if (width(text) <= widthPixels) return text;
  const tail = `…${text.slice(-tailChars)}`;
  let head = text.slice(0, -tailChars - 1);
  while (head.length > 1 && width(head + tail) > widthPixels) head = head.slice(0, -1);
  return head + tail;
}

/** On two lines, parted after a mark between words where there is one; the second is cut as one line would be. */
export function fitLines(text: string, widthPixels: number, sizePixels: number): string[] {
  const width = ruler(sizePixels);
  if (width(text) <= widthPixels) return [text];
  let end = Math.min(text.length, mostOnLine);
  while (end > 1 && width(text.slice(0, end)) > widthPixels) end--;
  const parted = text.slice(0, end).search(/[-_./:@ ][^-_./:@ ]*$/) + 1;
  const first = text.slice(0, parted > end * leastFilled ? parted : end);
  return [first, fitText(text.slice(first.length), widthPixels, sizePixels)];
}

/** Measures in the font of names. */
function ruler(sizePixels: number): (text: string) => number {
  context ??= document.createElement('canvas').getContext('2d');
  if (context) context.font = `600 ${sizePixels}px ${family}`;
  return (text) => context?.measureText(text).width ?? 0;
}
