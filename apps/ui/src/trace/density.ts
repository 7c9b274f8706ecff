/**
 * The whole trace on a few pixels: rows from top to bottom, time from left to right, the worst outcome of each pixel. Linear in
 * rows and pixels, because a row adds two marks and not its length.
 */
import type { Waterfall } from '@fluoroscope/xray/waterfall';

const states = 4;
/** Of a row, with the space below it. */
const maxThickness = 4;

/** By pixel, row after row: 0 for nothing, else the outcome and 1. */
export function densityOf(rows: Waterfall, { width, height, extent }: { width: number; height: number; extent: number }): Uint8Array {
  const marks = new Int32Array(states * height * (width + 1));
  const lines = Math.max(rows.count, height / maxThickness);
  const thickness = Math.max(1, Math.floor(height / lines) - 1);
  for (let row = 0; row < rows.count; row++) {
    const top = Math.floor((row / lines) * height);
    const left = clamp(Math.floor(((rows.start[row] ?? 0) / extent) * width), width - 1);
    const right = clamp(Math.ceil((((rows.start[row] ?? 0) + (rows.duration[row] ?? 0)) / extent) * width), width);
    for (let y = top; y < Math.min(height, top + thickness); y++) {
      const at = ((rows.outcome[row] ?? 0) * height + y) * (width + 1);
      marks[at + left] = (marks[at + left] ?? 0) + 1;
      const end = at + Math.max(left + 1, right);
      marks[end] = (marks[end] ?? 0) - 1;
    }
  }
  return worstOf(marks, width, height);
}

function worstOf(marks: Int32Array, width: number, height: number): Uint8Array {
  const pixels = new Uint8Array(width * height);
  for (let state = 0; state < states; state++) {
    for (let y = 0; y < height; y++) {
      let open = 0;
      const at = (state * height + y) * (width + 1);
      for (let x = 0; x < width; x++) {
        open += marks[at + x] ?? 0;
        if (open > 0) pixels[y * width + x] = state + 1;
      }
    }
  }
  return pixels;
}

function clamp(value: number, most: number): number {
  return Number.isFinite(value) ? Math.max(0, Math.min(most, value)) : 0;
}
