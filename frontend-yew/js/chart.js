// A thin layer over uPlot: an area or bars over time, in the page's colours, with a crosshair that tells exact figures.
// It knows nothing of what is drawn; figures come formatted by the app's own functions.
import uPlot from "./uplot.js";

const HEIGHT = 240;

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function translucent(value, percent) {
  return `color-mix(in oklab, ${value} ${percent}%, transparent)`;
}

function axisTime(zone, locale, seconds, wide) {
  const options = wide
    ? { timeZone: zone, month: "short", day: "numeric" }
    : { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  return new Intl.DateTimeFormat(locale, options).format(new Date(seconds * 1000));
}

function drawSeries(series, bars) {
  const stroke = colour(series.colour);
  return {
    label: series.label,
    stroke,
    width: 2,
    fill: translucent(stroke, bars ? 70 : 14),
    spanGaps: false,
    points: { show: false },
    paths: bars ? uPlot.paths.bars({ size: [0.7, 44], radius: 0.15 }) : uPlot.paths.spline?.(),
  };
}

function tooltip(host, spec) {
  const box = document.createElement("div");
  box.className = "chart-tip";
  box.hidden = true;
  host.append(box);
  const show = (chart) => {
    const { idx, left } = chart.cursor;
    if (idx === null || idx === undefined || left < 0) {
      box.hidden = true;
      return;
    }
    const rows = spec.series.map((series) => {
      const row = document.createElement("div");
      const dot = document.createElement("i");
      dot.style.background = colour(series.colour);
      const name = document.createElement("span");
      name.textContent = series.label;
      const value = document.createElement("b");
      value.textContent = series.shown[idx] ?? "–";
      row.append(dot, name, value);
      return row;
    });
    const head = document.createElement("p");
    head.textContent = spec.times[idx];
    box.replaceChildren(head, ...rows);
    box.hidden = false;
    const x = left + chart.over.offsetLeft;
    const flip = x + box.offsetWidth + 24 > host.clientWidth;
    box.style.transform = `translate(${flip ? Math.max(0, x - box.offsetWidth - 12) : x + 12}px, 12px)`;
  };
  return { hooks: { setCursor: [show] } };
}

function options(host, spec, width) {
  const muted = colour("--chart-axis");
  const grid = { stroke: colour("--chart-grid"), width: 1 };
  const span = spec.x.length > 1 ? spec.x[spec.x.length - 1] - spec.x[0] : 0;
  const wide = span > 3 * 86400;
  // Half a bar's room at either end.
  const margin = spec.bars && spec.x.length > 1 ? (spec.x[1] - spec.x[0]) / 2 : 0;
  const axis = { stroke: muted, grid, ticks: { show: false }, font: "12px Inter, system-ui, sans-serif" };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { points: { size: 7 }, drag: { x: true, y: false }, y: false },
    scales: { x: { time: true, range: (_, low, high) => [low - margin, high + margin] }, y: { range: (_, low, high) => [Math.min(0, low), high > 0 ? high * 1.12 : 1] } },
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), spec.zone),
    axes: [
      { ...axis, grid: { show: false }, size: 32, space: 64, values: (_, ticks) => ticks.map((t) => axisTime(spec.zone, spec.locale, t, wide)) },
      { ...axis, size: 64, space: 44, values: (_, ticks) => ticks.map((value) => spec.formatAxis(value)) },
    ],
    series: [{}, ...spec.series.map((series) => drawSeries(series, spec.bars))],
    plugins: [tooltip(host, spec)],
  };
}

/** Draws `spec` into `host`; answers with a function that takes everything away again. */
export function mount(host, spec) {
  let chart;
  const data = [spec.x, ...spec.series.map((series) => series.values)];
  const draw = () => {
    chart?.destroy();
    host.replaceChildren();
    chart = new uPlot(options(host, spec, Math.max(200, host.clientWidth)), data, host);
  };
  draw();
  const resized = new ResizeObserver(() => chart.setSize({ width: Math.max(200, host.clientWidth), height: HEIGHT }));
  resized.observe(host);
  const themed = new MutationObserver(draw);
  themed.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  return () => {
    resized.disconnect();
    themed.disconnect();
    chart.destroy();
    host.replaceChildren();
  };
}
