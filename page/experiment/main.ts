/** Draws the plots of an experiment's page. All numbers are in the page. */
import uPlot from "uplot";
import type { Plot, Series } from "./plots.ts";

const plots = JSON.parse(document.getElementById("plots")!.textContent!) as Plot[];
const height = 260;
/** Nobody sees bars of less than a pixel. */
const narrowestBar = 1;
const widestBar = 48;

function draw(plot: Plot): void {
  const place = document.getElementById(plot.id)!;
  let drawn: uPlot | undefined;
  const redraw = (): void => {
    drawn?.destroy();
    drawn = new uPlot(
      optionsOf(plot, place.clientWidth),
      [[...plot.x.values], ...plot.series.map(({ values }) => [...values])],
      place,
    );
  };
  redraw();
  new ResizeObserver(() => {
    if (drawn !== undefined && drawn.width !== place.clientWidth) drawn.setSize({ width: place.clientWidth, height });
  }).observe(place);
  // A canvas keeps the colours that it was drawn in.
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}

function optionsOf({ kind, x, y, series }: Plot, width: number): uPlot.Options {
  const ink = colourOf("--ink");
  const axis = (label: string): uPlot.Axis => ({
    label,
    stroke: ink,
    grid: { stroke: colourOf("--line") },
    ticks: { stroke: colourOf("--line") },
  });
  const whole = (_: uPlot, value: number | null): string => (value === null ? "–" : String(value));
  const [first, last] = [x.values[0] ?? 0, x.values.at(-1) ?? 0];
  return {
    width,
    height,
    scales: {
      // Bars stand beside their number, half of them on each side.
      x: {
        time: false,
        range: () => (kind === "bars" ? [first - 0.6, last + 0.6] : [first, Math.max(last, first + 1)]),
      },
      y: { range: (_, __, most) => [0, Math.max(1, most) * 1.05] },
    },
    axes: [
      { ...axis(x.label), incrs: wholeSteps },
      { ...axis(y.label), incrs: wholeSteps },
    ],
    series: [
      { label: x.label, value: whole },
      ...series.map((one, at) => ({ ...lineOf(kind, one, at, series.length), value: whole })),
    ],
    cursor: { drag: { x: kind === "steps", y: false } },
  };
}

function lineOf(kind: Plot["kind"], { label, of }: Series, at: number, count: number): uPlot.Series {
  const stroke = colourOf(`--${of}`);
  const points = { show: false };
  if (kind === "steps")
    return {
      label,
      stroke,
      width: 1.5,
      points,
      paths: uPlot.paths.stepped!({ align: 1 }),
      ...(of === "ordinary" && { dash: [6, 3] }),
    };
  const align = count === 1 ? 0 : at === 0 ? -1 : 1;
  return {
    label,
    stroke,
    fill: stroke,
    width: 0,
    points,
    paths: uPlot.paths.bars!({ align, size: [0.8 / count, widestBar, narrowestBar] }),
  };
}

/** Distances between ticks, where there is nothing between whole numbers. */
const wholeSteps = Array.from({ length: 8 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();

function colourOf(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

for (const plot of plots) draw(plot);
