// The curve: runs, means and, beyond the largest measured size, the forecast with its bands.

const DASH = { chance: "dash", floor: "dot", mark: "dot" };

function axis(title, log) {
  return {
    title: { text: title },
    type: log ? "log" : "linear",
    gridcolor: color("line"),
    zerolinecolor: color("line"),
    linecolor: color("soft"),
    tickformat: log ? undefined : "~s",
    dtick: log ? "D2" : undefined,
    automargin: true,
  };
}

function plotLayout(xTitle, yTitle, logX, logY) {
  const narrow = document.body.clientWidth < 560;
  return {
    paper_bgcolor: "transparent",
    plot_bgcolor: "transparent",
    font: { family: getComputedStyle(document.body).fontFamily, size: narrow ? 12 : 13, color: color("ink") },
    margin: { l: 10, r: 10, t: 10, b: 10 },
    xaxis: axis(xTitle, logX),
    yaxis: axis(yTitle, logY),
    legend: { orientation: "h", y: -0.2, yanchor: "top", x: 0 },
    hoverlabel: { bgcolor: color("panel"), font: { color: color("ink") }, bordercolor: color("line") },
    dragmode: narrow ? false : "zoom",
    hovermode: "closest",
  };
}

const PLOT_OPTIONS = { displayModeBar: false, responsive: true };

// The part of a forecast that is drawn: from the largest measured size to a hundred times it.
function aheadOf(metric) {
  const { samples, largest } = metric.forecast;
  const from = samples.findIndex((size) => size >= largest * 0.999999);
  const to = samples.findIndex((size) => size > largest * data.shown);
  const kept = [];
  for (let at = from; at < to; at += 6) kept.push(at);
  return kept;
}

function band(metric, kept, low, high, series, alpha, name) {
  const x = kept.map((at) => metric.forecast.samples[at]);
  const edge = (row) => kept.map((at) => metric.forecast.quantiles[row][at]);
  const common = { x, mode: "lines", line: { width: 0 }, legendgroup: name, hoverinfo: "skip" };
  return [
    { ...common, y: edge(low), showlegend: false },
    { ...common, y: edge(high), fill: "tonexty", fillcolor: faint(series, alpha), name },
  ];
}

function forecastTraces(item, label) {
  const { metric } = item;
  if (!metric.forecast) return [];
  const series = `series-${item.index}`;
  const kept = aheadOf(metric);
  const row = (number) => kept.map((at) => metric.forecast.quantiles[number][at]);
  return [
    ...band(metric, kept, 0, 4, series, 0.16, label("90 % band")),
    ...band(metric, kept, 1, 3, series, 0.28, label("50 % band")),
    {
      x: kept.map((at) => metric.forecast.samples[at]),
      y: row(2),
      customdata: kept.map((at) => [figure(metric.forecast.quantiles[0][at]), figure(metric.forecast.quantiles[4][at])]),
      mode: "lines",
      line: { color: color(series), width: 2, dash: "dash" },
      name: label("forecast, median"),
      hovertemplate: "%{x:,.0f} samples<br>%{y:.4g} (%{customdata[0]} to %{customdata[1]})<extra></extra>",
    },
  ];
}

function measuredTraces(item, label) {
  const { metric } = item;
  const series = `series-${item.index}`;
  return [
    {
      x: metric.samples,
      y: metric.values,
      customdata: metric.seeds,
      mode: "markers",
      marker: { color: color(series), size: 7, opacity: 0.55 },
      name: label("one run"),
      hovertemplate: "%{x:,} samples, seed %{customdata}<br>%{y:.4g}<extra></extra>",
    },
    {
      x: metric.sizes,
      y: metric.mean,
      mode: "lines",
      line: { color: color(series), width: 2.5 },
      name: label("mean over seeds"),
      hovertemplate: "%{x:,} samples, mean<br>%{y:.4g}<extra></extra>",
    },
  ];
}

// A horizontal line over the whole width, drawn as a trace so that the legend names it.
function level(value, name, dash, tint) {
  const ends = [smallestSize() * 0.7, largestSize() * data.shown];
  return {
    x: ends,
    y: [value, value],
    mode: "lines",
    line: { color: color(tint), width: 1.5, dash },
    name: `${name} ${figure(value)}`,
    hoverinfo: "skip",
  };
}

function levels(item) {
  const { metric } = item;
  const found = [];
  if (metric.chance !== null && item.index === 0) found.push(level(metric.chance, "chance", DASH.chance, "soft"));
  const floor = metric.forecast?.irreducible;
  if (floor && runs.length === 1) {
    const name = `${metric.higher ? "ceiling" : "irreducible"} by ${metric.forecast.law},`;
    found.push(level(floor[1], name, DASH.floor, "series-1"));
  }
  if (state.target !== null && item.index === 0) found.push(level(state.target, "target", DASH.mark, "series-3"));
  return found;
}

function drawCurve() {
  const traces = shown().flatMap((item) => {
    const label = (text) => (runs.length > 1 ? `${item.run.name}: ${text}` : text);
    return [...forecastTraces(item, label), ...measuredTraces(item, label), ...levels(item)];
  });
  const logX = document.getElementById("log-x").checked;
  const logY = document.getElementById("log-y").checked;
  const layout = plotLayout("training samples", shown()[0].metric.label, logX, logY);
  layout.shapes = [sizeMark()];
  layout.xaxis.range = zoomRange(logX);
  Plotly.react("curve-plot", traces, layout, PLOT_OPTIONS);
}

// A vertical line at the size that is asked about.
function sizeMark() {
  const line = { color: color("series-3"), width: 1.5, dash: DASH.mark };
  return { type: "line", yref: "paper", y0: 0, y1: 1, x0: state.size, x1: state.size, line };
}

function moveSizeMark() {
  if (window.Plotly) Plotly.relayout("curve-plot", { shapes: [sizeMark()] });
}

let zoom = "all";

function zoomRange(log) {
  const largest = largestSize();
  const [from, to] = {
    all: [smallestSize() * 0.8, largest * 30],
    measured: [smallestSize() * 0.8, largest * 1.25],
    ahead: [largest * 0.8, largest * data.shown],
  }[zoom];
  return log ? [Math.log10(from), Math.log10(to)] : [from, to];
}

function startCurve() {
  for (const id of ["log-x", "log-y"]) document.getElementById(id).addEventListener("change", drawCurve);
  for (const button of document.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => {
      zoom = button.dataset.zoom;
      drawCurve();
    });
  }
  redraws.push(drawCurve);
}
