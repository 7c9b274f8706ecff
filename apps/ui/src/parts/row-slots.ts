/**
 * Which of a fixed number of mounted elements shows which row. A row keeps its element for as long as it is wanted, so that
 * focus and hover stay with it; a row that comes takes an element that nobody wants any more.
 */
export class RowSlots {
  private readonly slotOf = new Map<string, number>();

  /** `wanted` are IDs of rows, each once. By slot: the place in `wanted`, or -1. Grows when there are more rows than slots. */
  assign(wanted: readonly string[]): Int32Array {
    const places = new Map(wanted.map((id, place) => [id, place]));
    for (const id of [...this.slotOf.keys()]) if (!places.has(id)) this.slotOf.delete(id);
    const shows = new Int32Array(Math.max(wanted.length, 1 + Math.max(-1, ...this.slotOf.values()))).fill(-1);
    for (const [id, slot] of this.slotOf) shows[slot] = places.get(id) ?? -1;
    let free = 0;
    for (const [id, place] of places) {
      if (this.slotOf.has(id)) continue;
      while (shows[free] !== -1) free++;
      shows[free] = place;
      this.slotOf.set(id, free);
    }
    return shows;
  }
}
