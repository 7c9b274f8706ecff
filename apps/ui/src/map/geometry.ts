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

/** Whether any of a card lies in the box. */
export function meets({ x, y }: Point, { left, top, right, bottom }: Box): boolean {
  return x < right && x + nodeWidth > left && y < bottom && y + nodeHeight > top;
}

/** The middle of a card's ring: at its left, or in its middle when the ring stands alone. */
export function ringPlace({ x, y }: Point, alone: boolean): Point {
  return { x: x + (alone ? nodeWidth / 2 : 33), y: y + nodeHeight / 2 };
}

/** What a frame of this size shows of the map. */
export function boxSeen(view: { x: number; y: number; zoom: number }, width: number, height: number): Box {
  const { x, y, zoom } = view;
  return { left: -x / zoom, top: -y / zoom, right: (width - x) / zoom, bottom: (height - y) / zoom };
}

/** The box and what is near it, in steps of a card: it stays the same while the map is panned a little. */
export function around({ left, top, right, bottom }: Box): Box {
  const down = (value: number, step: number) => (Math.floor(value / step) - 1) * step;
  const up = (value: number, step: number) => (Math.ceil(value / step) + 1) * step;
  return { left: down(left, rankPitch), top: down(top, slotPitch), right: up(right, rankPitch), bottom: up(bottom, slotPitch) };
}
