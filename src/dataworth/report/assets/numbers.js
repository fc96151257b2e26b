// The page's numbers, and how they are written.

const data = JSON.parse(document.getElementById("data").textContent);
const runs = data.runs;
const state = { metric: document.getElementById("metric").value, size: 0, target: null, price: null, worth: null };

// The runs with the metric chosen: [{ run, index, metric }].
function shown() {
  return runs.map((run, index) => ({ run, index, metric: run.metrics[state.metric] }));
}

function largestSize() {
  return Math.max(...runs.map((run) => run.metrics[state.metric].sizes.at(-1)));
}

function smallestSize() {
  return Math.min(...runs.map((run) => run.metrics[state.metric].sizes[0]));
}

// A value of a metric: four digits, and two of what it lacks to 1 if it is just below.
function figure(value) {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e12)) return value.toPrecision(3).replace("e+", "e");
  if (size >= 1000) return whole(Number(value.toPrecision(4)));
  const lack = value > 0.99 && value < 1 ? 1 - Math.floor(Math.log10(1 - value)) : 0;
  return String(Number(value.toPrecision(Math.max(4, lack))));
}

// A whole number with commas.
function whole(value) {
  return value.toLocaleString("en-GB", { maximumFractionDigits: 0 });
}

// A value with its unit: shares in per cent.
function amount(metric, value) {
  if (metric.share) return `${percentage(value)} %`;
  return metric.unit ? `${figure(value)} ${metric.unit}` : figure(value);
}

// A share in per cent, without the sign: one decimal; nearer to 0 or 100, two digits of what it lacks.
function percentage(share) {
  const value = share * 100;
  const lack = Math.min(Math.abs(value), Math.abs(100 - value));
  const decimals = lack >= 0.1 || lack === 0 ? 1 : Math.min(8, 1 - Math.floor(Math.log10(lack)));
  return value.toFixed(decimals);
}

// A value as an axis says it.
function axisFigure(metric) {
  return metric.share ? (value) => figure(Number((value * 100).toPrecision(12))) : figure;
}

// An amount of money, in the reader's own currency.
function money(value) {
  if (!Number.isFinite(value)) return "no finite amount";
  return value.toLocaleString("en-GB", { maximumFractionDigits: value < 1000 ? 2 : 0 });
}

// A box's number, or null where it is empty or not above 0.
function boxNumber(id) {
  const { value } = document.getElementById(id);
  return value !== "" && Number(value) > 0 ? Number(value) : null;
}

// A number of samples: three digits, with commas.
function count(value) {
  if (!Number.isFinite(value)) return "never";
  return whole(Number(value.toPrecision(3)));
}

function percent(value) {
  if (value > 0.995 && value < 1) return "over 99 %";
  if (value < 0.005 && value > 0) return "under 1 %";
  return `${Math.round(value * 100)} %`;
}

// A paragraph of plain text; names are never read as HTML.
function line(text, kind = "") {
  const element = document.createElement("p");
  element.textContent = text;
  element.className = kind;
  return element;
}

// One answer: numbers for the reader, and unrounded in data attributes.
function result(item, values, ...lines) {
  const element = document.createElement("div");
  element.className = "result";
  if (runs.length > 1) element.append(line(item.run.name, "of"));
  element.append(...lines.filter(Boolean));
  for (const [name, value] of Object.entries(values)) element.dataset[name] = String(value);
  return element;
}
