/** The shape of a state, so that colour never stands alone: check, triangle, hourglass, octagon, stripes. 14 units square. */
import type { State } from './ring.js';

export interface StatusShape {
  /** Filled with the state's colour. */
  solid?: string;
  /** Drawn into that with the colour of the surface. */
  cut?: string;
  /** Drawn with the state's colour. */
  line?: string;
}

export const statusShapes: Record<State | 'progress', StatusShape> = {
  ok: { line: 'm2.5 7.5 3 3 6-6.5' },
  error: { solid: 'M7 1 13.5 12.8H.5z', cut: 'M7 5v3.6M7 10.7v.2' },
  throttle: { solid: 'M2 1h10v1.8L8.5 7l3.5 4.2V13H2v-1.8L5.5 7 2 2.8z' },
  fault: { solid: 'M4.3.8h5.4l3.5 3.5v5.4l-3.5 3.5H4.3L.8 9.7V4.3z', cut: 'm4.8 4.8 4.4 4.4M9.2 4.8 4.8 9.2' },
  progress: { line: 'M1.5 9 9 1.5M1.5 13 13 1.5M5.5 13 13 5.5' },
};

export const statusShapeSize = 14;
export const statusLineWidth = 1.7;
