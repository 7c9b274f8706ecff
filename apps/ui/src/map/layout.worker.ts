/** Lays out off the main thread. The request's number comes back with the answer, so that a late answer can be dropped. */
import { layOut, type Topology } from './layout.js';

export interface LayoutRequest {
  number: number;
  topology: Topology;
}

export interface LayoutAnswer {
  number: number;
  places: ReturnType<typeof layOut>;
}

addEventListener('message', ({ data }: MessageEvent<LayoutRequest>) => {
  postMessage({ number: data.number, places: layOut(data.topology) } satisfies LayoutAnswer);
});
