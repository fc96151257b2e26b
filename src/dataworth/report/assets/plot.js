// What all plots have in common: axes whose ticks say whole numbers, colours, what a pointer does.

const PLOT_OPTIONS = { displayModeBar: false, responsive: true, doubleClick: "reset" };

function shortCount(value) {
  for (const [unit, letter] of [[1e9, "G"], [1e6, "M"], [1e3, "K"]]) {
    if (value >= unit) return `${Number((value / unit).toPrecision(3))}${letter}`;
  }
  return String(Number(value.toPrecision(3)));
}

const FINE = [1, 1.1, 1.2, 1.35, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9];

// Ticks of a logarithmic axis, the more the fewer decades it spans; `range` holds logarithms.
function logTicks(range, text) {
  const [from, to] = range;
  const decades = to - from;
  const steps = decades < 0.5 ? FINE : decades < 1.2 ? [1, 1.5, 2, 3, 5, 7] : decades < 3 ? [1, 2, 5] : [1];
  const skip = Math.max(1, Math.ceil(decades / 8));
  const values = [];
  for (let power = Math.floor(from); power <= to; power += 1) {
    if (power % skip !== 0) continue;
    for (const step of steps) values.push(step * 10 ** power);
  }
  return { tickmode: "array", tickvals: values, ticktext: values.map(text) };
}

// `range` in units of the axis: logarithms where `log`.
function axis(title, log, range, text) {
  return {
    title: { text: title, standoff: 8 },
    type: log ? "log" : "linear",
    range,
    // Thousands of samples have a letter; so would thousandths of a metric have one, 800m for 0.8.
    ...(log ? logTicks(range, text) : { tickmode: "auto", nticks: 8, tickformat: text === shortCount ? "~s" : "~g" }),
    gridcolor: color("line"),
    zerolinecolor: color("line"),
    linecolor: color("soft"),
    automargin: true,
  };
}

// Ticks of a linear axis of shares, in per cent.
function linearTicks([from, to]) {
  const raw = (to - from) / 6;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= raw);
  const values = [];
  for (let at = Math.ceil(from / step); at * step <= to; at += 1) values.push(Number((at * step).toPrecision(12)));
  return { tickmode: "array", tickvals: values, ticktext: values.map((value) => figure(Number((value * 100).toPrecision(12)))) };
}

function plotLayout(xaxis, yaxis) {
  const narrow = document.body.clientWidth < 560;
  return {
    paper_bgcolor: "transparent",
    plot_bgcolor: "transparent",
    font: { family: getComputedStyle(document.body).fontFamily, size: narrow ? 12 : 13, color: color("ink") },
    margin: { l: 10, r: 10, t: 10, b: 10 },
    xaxis,
    yaxis,
    showlegend: false,
    hoverlabel: { bgcolor: color("panel"), font: { color: color("ink") }, bordercolor: color("line") },
    dragmode: narrow ? false : "zoom",
    hovermode: "closest",
  };
}

// After a zoom with the pointer the ticks are chosen anew.
function retickOnZoom(plot, texts) {
  plot.on("plotly_relayout", (change) => {
    const update = {};
    for (const [name, text] of Object.entries(texts())) {
      const { type, tickmode, range } = plot.layout[name];
      if (change[`${name}.range[0]`] === undefined || (type !== "log" && tickmode !== "array")) continue;
      const ticks = type === "log" ? logTicks(range, text) : linearTicks(range);
      for (const [key, value] of Object.entries(ticks)) update[`${name}.${key}`] = value;
    }
    if (Object.keys(update).length > 0) Plotly.relayout(plot, update);
  });
}

// One entry of a legend; `kind` is a class of page.css.
function legendEntry(kind, tint, text) {
  const entry = document.createElement("li");
  const swatch = document.createElement("span");
  swatch.className = `swatch ${kind}`;
  swatch.style.setProperty("--tint", `var(--${tint})`);
  entry.append(swatch, text);
  return entry;
}
