/** Names cut in the middle to the width they have: the end of a name tells version and stage. Measured, never laid out. */
const tailChars = 4;
const family = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

let context: CanvasRenderingContext2D | null = null;

/** The text itself when it fits, else its beginning, an ellipsis and its last characters. */
export function fitText(text: string, widthPixels: number, sizePixels: number): string {
  context ??= document.createElement('canvas').getContext('2d');
  if (!context) return text;
  context.font = `600 ${sizePixels}px ${family}`;
  if (context.measureText(text).width <= widthPixels) return text;
  const tail = `…${text.slice(-tailChars)}`;
  let head = text.slice(0, -tailChars - 1);
  while (head.length > 1 && context.measureText(head + tail).width > widthPixels) head = head.slice(0, -1);
  return head + tail;
}
