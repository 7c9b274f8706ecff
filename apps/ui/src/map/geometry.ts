/** Sizes that layout, drawing and hit testing share, in map units (CSS pixels at 100 %). */
export interface Point {
  x: number;
  y: number;
}

/** A node's place is its top left corner. */
export type Places = ReadonlyMap<string, Point>;

export const nodeWidth = 176;
export const nodeHeight = 64;
/** From the left side of one rank to the left side of the next. */
export const rankPitch = nodeWidth + 72;
/** Free space between cards of a rank. */
export const nodeGap = 32;
export const slotPitch = nodeHeight + nodeGap;

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** The box around all cards; a unit box when there are none. */
export function boundsOf(places: Places): Box {
  const box: Box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const { x, y } of places.values()) {
    box.left = Math.min(box.left, x);
    box.top = Math.min(box.top, y);
    box.right = Math.max(box.right, x + nodeWidth);
    box.bottom = Math.max(box.bottom, y + nodeHeight);
  }
  return box.left === Infinity ? { left: 0, top: 0, right: 1, bottom: 1 } : box;
}
