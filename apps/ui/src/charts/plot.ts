/**
 * One uPlot for one chart: a y axis from 0, a gap where data is missing, marks as upright lines, and a crosshair that the
 * charts of a group share. While it is pointed at, it keeps its data, so that the reading stays under the pointer.
 */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { readColours } from './colours.js';
import { Domain } from './domain.js';
import { type Chart, type ChartData, clock, largestOf } from './lines.js';

export interface PlotHandlers {
  /** The index under the crosshair; null when nobody points. */
  point(index: number | null): void;
  /** A range was dragged, in epoch seconds. Null: dragging does nothing. */
  select: ((from: number, to: number) => void) | null;
}

export interface PlotSetup extends PlotHandlers {
  chart: Chart;
  data: ChartData;
  /** Charts with the same key share the crosshair. */
  syncKey: string;
  height: number;
}

const axisWidth = 52;
const axisHeight = 20;
const topSpace = 8;
/** A shorter drag is a click. */
const leastDragPixels = 6;
const tickSpace = 48;

export class Plot {
  readonly #plot: uPlot;
  readonly #domain = new Domain();
  readonly #host: HTMLElement;
  #chart: Chart;
  #data: ChartData;
  #colours: Record<string, string> = {};

  constructor(host: HTMLElement, setup: PlotSetup) {
    this.#host = host;
    this.#chart = setup.chart;
    this.#data = setup.data;
    this.#recolour();
    this.#plot = new uPlot(this.#options(setup), columnsOf(setup.chart, setup.data), host);
  }

  update(chart: Chart, data: ChartData): void {
    this.#chart = chart;
    this.#data = data;
    this.#plot.setData(columnsOf(chart, data));
  }

  resize(width: number, height: number): void {
    this.#plot.setSize({ width, height });
  }

  /** Puts the crosshair where the keyboard says; null takes it away. */
  pointAt(index: number | null): void {
    const time = index === null ? undefined : this.#data.times[index];
    this.#plot.setCursor(time === undefined ? { left: -10, top: -10 } : { left: this.#plot.valToPos(time, 'x'), top: 0 }, true);
  }

  repaint(): void {
    this.#recolour();
    this.#plot.redraw(false);
  }

  destroy(): void {
    this.#plot.destroy();
  }

  get pointed(): boolean {
    return this.#host.matches(':hover, :focus-within');
  }

  #recolour(): void {
    this.#colours = readColours(this.#host, ['text3', 'divider', 'text', ...this.#chart.lines.map(({ colour }) => colour)]);
  }

  #colour(name: string): string {
    return this.#colours[name] ?? '';
  }

  #options({ syncKey, height, point, select }: PlotSetup): uPlot.Options {
    return {
      width: this.#host.clientWidth,
      height,
      padding: [topSpace, 8, 0, 0],
      legend: { show: false },
      scales: { x: { time: true }, y: { range: () => [0, this.#domain.follow(this.#largest(), Date.now(), this.pointed)] } },
      cursor: { y: false, points: { size: 6 }, sync: { key: syncKey }, drag: { x: select !== null, y: false, setScale: false } },
      axes: [this.#timeAxis(), this.#valueAxis()],
      series: [{}, ...this.#chart.lines.map((_, index) => this.#line(index))],
      hooks: {
        setCursor: [({ cursor }) => point(cursor.idx ?? null)],
        setSelect: [(plot) => this.#selected(plot, select)],
        draw: [(plot) => this.#drawMarks(plot)],
      },
    };
  }

  #largest(): number {
    return largestOf(this.#chart.lines);
  }

  #line(index: number): uPlot.Series {
    const line = this.#chart.lines[index];
    return {
      stroke: () => this.#colour(this.#chart.lines[index]?.colour ?? 'text'),
      width: 1.5,
      ...(line?.dash ? { dash: [...line.dash] } : {}),
      points: { show: (_, __, from, to) => to - from < 2 },
    };
  }

  #timeAxis(): uPlot.Axis {
    return {
      ...this.#axis(),
      size: axisHeight,
      gap: 4,
      space: tickSpace,
      grid: { show: false },
      values: (_, splits) => splits.map((seconds) => shortClock(seconds, splits)),
    };
  }

  #valueAxis(): uPlot.Axis {
    return {
      ...this.#axis(),
      size: axisWidth,
      gap: 6,
      splits: () => [0, this.#domain.top / 2, this.#domain.top],
      values: (_, splits) => splits.map((value, index) => ['0', '', this.#chart.format(value)][index] ?? ''),
      grid: { stroke: () => this.#colour('divider'), width: 1 },
    };
  }

  #axis(): uPlot.Axis {
    return { stroke: () => this.#colour('text3'), font: `11px ${getComputedStyle(this.#host).fontFamily}`, ticks: { show: false } };
  }

  #selected(plot: uPlot, select: PlotHandlers['select']): void {
    const { left, width } = plot.select;
    if (width >= leastDragPixels) select?.(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
    if (width > 0) plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  }

  /** An upright line with a foot, behind nothing: what happened stands out more than what was measured. */
  #drawMarks({ ctx, bbox, valToPos }: uPlot): void {
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.strokeStyle = this.#colour('text');
    ctx.fillStyle = this.#colour('text');
    ctx.lineWidth = ratio;
    ctx.setLineDash([2 * ratio, 2 * ratio]);
    for (const { atSeconds } of this.#data.marks) {
      const x = Math.round(valToPos(atSeconds, 'x', true));
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      ctx.beginPath();
      ctx.moveTo(x - 4 * ratio, bbox.top - topSpace * ratio);
      ctx.lineTo(x + 4 * ratio, bbox.top - topSpace * ratio);
      ctx.lineTo(x, bbox.top - 2 * ratio);
      ctx.fill();
    }
    ctx.restore();
  }
}

function columnsOf({ lines }: Chart, { times }: ChartData): uPlot.AlignedData {
  return [[...times], ...lines.map(({ values }) => [...values])];
}

/** Seconds only where minutes do not tell the ticks apart. */
function shortClock(seconds: number, splits: readonly number[]): string {
  const step = (splits[1] ?? 60) - (splits[0] ?? 0);
  return step < 60 ? clock(seconds) : clock(seconds).slice(0, 5);
}
