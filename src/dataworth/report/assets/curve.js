// The curve: runs, means and, beyond the largest measured size, the forecast with its bands.

// The part of a forecast that is drawn: from the largest measured size to a hundred times it.
function aheadOf(metric) {
  const { samples, largest } = metric.forecast;
  const from = samples.findIndex((size) => size >= largest * 0.999999);
  const to = samples.findIndex((size) => size > largest * data.shown);
  const kept = [];
  for (let at = from; at < to; at += 6) kept.push(at);
  return kept;
}

function band(metric, kept, low, high, series, alpha) {
  const x = kept.map((at) => metric.forecast.samples[at]);
  const edge = (row) => kept.map((at) => metric.forecast.quantiles[row][at]);
  const common = { x, mode: "lines", line: { width: 0 }, hoverinfo: "skip" };
  return [
    { ...common, y: edge(low) },
    { ...common, y: edge(high), fill: "tonexty", fillcolor: faint(series, alpha) },
  ];
}

// Values as a pointer says them; a run that diverged has none.
function texts(metric, values) {
  return values.map((value) => (value === null ? "" : amount(metric, value)));
}

function forecastTraces({ metric, index }) {
  if (!metric.forecast) return [];
  const series = `series-${index}`;
  const kept = aheadOf(metric);
  const row = (number) => kept.map((at) => metric.forecast.quantiles[number][at]);
  const [low, median, high] = [0, 2, 4].map((number) => texts(metric, row(number)));
  return [
    ...band(metric, kept, 0, 4, series, 0.16),
    ...band(metric, kept, 1, 3, series, 0.28),
    {
      x: kept.map((at) => metric.forecast.samples[at]),
      y: row(2),
      customdata: kept.map((_, at) => [median[at], low[at], high[at]]),
      mode: "lines",
      line: { color: color(series), width: 2, dash: "dash" },
      hovertemplate: "%{x:,.0f} " + data.counted + "<br>%{customdata[0]} (%{customdata[1]} to %{customdata[2]})<extra></extra>",
    },
  ];
}

function measuredTraces({ metric, index }) {
  const tint = color(`series-${index}`);
  return [
    {
      x: metric.samples,
      y: metric.values,
      customdata: texts(metric, metric.values).map((text, at) => [metric.seeds[at], text]),
      mode: "markers",
      marker: { color: tint, size: 7, opacity: 0.55 },
      hovertemplate: "%{x:,} " + data.counted + ", seed %{customdata[0]}<br>%{customdata[1]}<extra></extra>",
    },
    {
      x: metric.sizes,
      y: metric.mean,
      customdata: texts(metric, metric.mean),
      mode: "lines",
      line: { color: tint, width: 2.5 },
      hovertemplate: "%{x:,} " + data.counted + ", mean<br>%{customdata}<extra></extra>",
    },
  ];
}

// Horizontal lines: [value, what it is and its value, dash, colour].
function levels() {
  const { metric } = shown()[0];
  const found = [];
  if (metric.chance !== null) found.push([metric.chance, `chance: ${amount(metric, metric.chance)}`, "dash", "soft"]);
  if (state.target !== null) {
    const said = metric.share ? `${targetText()} %` : String(state.target);
    found.push([state.target, `target: ${said}`, "dot", "series-3"]);
  }
  return found;
}

function marks() {
  const common = { type: "line", layer: "below" };
  const across = levels().map(([value, , dash, tint]) => {
    const line = { color: color(tint), width: 1.5, dash };
    return { ...common, xref: "paper", x0: 0, x1: 1, y0: value, y1: value, line };
  });
  const upright = (size, tint, dash) => {
    const line = { color: color(tint), width: 1.5, dash };
    return { ...common, yref: "paper", y0: 0, y1: 1, x0: size, x1: size, line };
  };
  const largest = largestSize();
  return [...across, upright(largest, "soft", "dash"), upright(state.size, "series-3", "dot")];
}

// Words at the upright lines: what is measured, what forecast, and the size that was asked.
function words() {
  const logX = document.getElementById("log-x").checked;
  const at = (size) => (logX ? Math.log10(size) : size);
  const common = { yref: "paper", showarrow: false, font: { size: 11, color: color("soft") } };
  const largest = at(largestSize());
  return [
    { ...common, x: largest, y: 1, yanchor: "top", xanchor: "right", xshift: -4, text: "measured" },
    { ...common, x: largest, y: 1, yanchor: "top", xanchor: "left", xshift: 4, text: "forecast" },
    { ...common, x: at(state.size), y: 0, yanchor: "bottom", xanchor: "left", xshift: 4, text: `N = ${shortCount(state.size)}` },
  ];
}

function moveMarks() {
  if (!window.Plotly) return;
  Plotly.relayout("curve-plot", { shapes: marks(), annotations: words() });
  writeLegend();
}

function writeLegend() {
  const { metric } = shown()[0];
  const several = metric.samples.length > metric.sizes.length;
  const entries =
    runs.length > 1
      ? runs.map((run, index) => legendEntry("solid", `series-${index}`, run.name))
      : [
          legendEntry("point", "series-0", "one run"),
          legendEntry("solid", "series-0", several ? "mean over seeds" : "measured"),
          legendEntry("dash", "series-0", "forecast, median"),
          legendEntry("band", "series-0", "50 % and 90 % bands"),
        ];
  const lines = levels().map(([, said, dash, tint]) => legendEntry(dash, tint, said));
  document.getElementById("curve-legend").replaceChildren(...entries, ...lines);
}

function drawCurve() {
  const items = shown();
  const traces = items.flatMap((item) => [...forecastTraces(item), ...measuredTraces(item)]);
  const logX = document.getElementById("log-x").checked;
  const logY = document.getElementById("log-y").checked;
  const ranges = viewRanges(logX, logY);
  const layout = plotLayout(
    axis(`training ${data.counted}`, logX, ranges.x, shortCount),
    axis(items[0].metric.label, logY, ranges.y, axisFigure(items[0].metric)),
  );
  if (items[0].metric.share && !logY) layout.yaxis = { ...layout.yaxis, ...linearTicks(ranges.y) };
  layout.shapes = marks();
  layout.annotations = words();
  Plotly.react("curve-plot", traces, layout, PLOT_OPTIONS);
  writeLegend();
}

function startCurve() {
  for (const id of ["log-x", "log-y"]) document.getElementById(id).addEventListener("change", drawCurve);
  for (const button of document.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => {
      zoom = button.dataset.zoom;
      drawCurve();
    });
  }
  drawCurve();
  redraws.push(drawCurve);
  retickOnZoom(document.getElementById("curve-plot"), () => ({
    xaxis: shortCount,
    yaxis: axisFigure(shown()[0].metric),
  }));
}
