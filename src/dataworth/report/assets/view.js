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

// All values that are drawn at sizes in view: lines and points, and the edges of bands apart.
function valuesInView([from, to]) {
  const [lines, edges] = [[], []];
  for (const { metric } of shown()) {
    const keep = (found, sizes, values) => {
      for (let at = 0; at < sizes.length; at += 1) {
        if (sizes[at] >= from && sizes[at] <= to && values[at] !== null) found.push(values[at]);
      }
    };
    keep(lines, metric.samples, metric.values);
    if (metric.forecast) {
      const { samples, quantiles, largest } = metric.forecast;
      const first = samples.findIndex((size) => size >= largest * 0.999);
      for (const row of [0, 2, 4]) {
        keep(row === 2 ? lines : edges, samples.slice(first), quantiles[row].slice(first));
      }
    }
    if (zoom === "all" && metric.chance !== null && isNear(metric)) lines.push(metric.chance);
  }
  return { lines, edges };
}

// Chance is in view unless it would press the curve flat, as that of an accuracy does.
function isNear({ chance, values, higher }) {
  const known = values.filter((value) => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  return !higher || chance > low - (high - low);
}

const DEEPEST = 4;

// A band that plunges towards zero may leave a logarithmic view, lest it press the curve flat.
function lowestInView(lines, edges) {
  return Math.max(Math.min(...lines) / DEEPEST, Math.min(...lines, ...edges));
}

// The ranges of both axes, with a margin, in units of the axes.
function viewRanges(logX, logY) {
  const sizes = sizesInView();
  let { lines, edges } = valuesInView(sizes);
  if (logY) {
    lines = lines.filter((value) => value > 0);
    const lowest = lowestInView(lines, edges);
    edges = edges.map((value) => Math.max(value, lowest));
    [lines, edges] = [lines.map(Math.log10), edges.map(Math.log10)];
  }
  const [low, high] = [Math.min(...lines, ...edges), Math.max(...lines, ...edges)];
  const margin = (high - low || 1) * 0.06;
  return { x: logX ? sizes.map(Math.log10) : sizes, y: [low - margin, high + margin] };
}
