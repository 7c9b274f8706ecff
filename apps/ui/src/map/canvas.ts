/** In the pixels of the screen. Setting a size clears a canvas, so it is set only when it is another. */
export function sizeCanvas(canvas: HTMLCanvasElement, width: number, height: number): void {
  const pixels = { width: Math.round(width * devicePixelRatio), height: Math.round(height * devicePixelRatio) };
  if (canvas.width !== pixels.width) canvas.width = pixels.width;
  if (canvas.height !== pixels.height) canvas.height = pixels.height;
}
