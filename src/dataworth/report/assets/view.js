// Which part of the curve is in view, and how high it is there.

let zoom = "all";

function sizesInView() {
  const largest = largestSize();
  return {
    all: [smallestSize() * 0.8, largest * 30],
    measured: [smallestSize() * 0.8, largest * 1.25],
    ahead: [largest * 0.8, largest * data.shown],
  }[zoom];
}

// All values that are drawn at sizes in view; chance and irreducible error where all is in view.
function valuesInView([from, to]) {
  const found = [];
  for (const { metric } of shown()) {
    const keep = (sizes, values) => {
      for (let at = 0; at < sizes.length; at += 1) {
        if (sizes[at] >= from && sizes[at] <= to && values[at] !== null) found.push(values[at]);
      }
    };
    keep(metric.samples, metric.values);
    if (metric.forecast) {
      const { samples, quantiles, largest } = metric.forecast;
      const first = samples.findIndex((size) => size >= largest * 0.999);
      for (const row of [0, 4]) keep(samples.slice(first), quantiles[row].slice(first));
    }
    if (zoom === "all" && metric.chance !== null) found.push(metric.chance);
  }
  return found;
}

// The ranges of both axes, with a margin, in units of the axes.
function viewRanges(logX, logY) {
  const sizes = sizesInView();
  let values = valuesInView(sizes);
  if (logY) values = values.filter((value) => value > 0).map(Math.log10);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = (high - low || 1) * 0.06;
  return { x: logX ? sizes.map(Math.log10) : sizes, y: [low - margin, high + margin] };
}
