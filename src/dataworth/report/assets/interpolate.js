// Between the numbers that the forecast gave: straight lines over the logarithm of the size.

// Index of the last entry of a rising list that is not above x, so that another one follows.
function below(list, x) {
  let low = 0;
  let high = list.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (list[middle] <= x) low = middle;
    else high = middle;
  }
  return low;
}

function share(list, at, x) {
  return Math.log(x / list[at]) / Math.log(list[at + 1] / list[at]);
}

// A metric that is positive: straight on logarithmic axes.
function onLog(sizes, values, x) {
  const at = below(sizes, x);
  const part = share(sizes, at, x);
  const [left, right] = [values[at], values[at + 1]];
  if (left <= 0 || right <= 0) return left + part * (right - left);
  return left * (right / left) ** part;
}

// A share that rises towards 1: its distance from 1 is positive and falls.
function onLogOfRest(sizes, values, x) {
  const at = below(sizes, x);
  const part = share(sizes, at, x);
  const [left, right] = [1 - values[at], 1 - values[at + 1]];
  if (left <= 0 || right <= 0) return 1 - (left + part * (right - left));
  return 1 - left * (right / left) ** part;
}

function quantileAt(metric, row, x) {
  const { samples, quantiles } = metric.forecast;
  return (metric.higher ? onLogOfRest : onLog)(samples, quantiles[row], x);
}

// A gain, which falls about as fast as the size grows.
function gainAt(sizes, values, x) {
  const at = below(sizes, x);
  const part = share(sizes, at, x);
  const [left, right] = [values[at] * sizes[at], values[at + 1] * sizes[at + 1]];
  return (left + part * (right - left)) / x;
}

function plainAt(sizes, values, x) {
  const at = below(sizes, x);
  return values[at] + share(sizes, at, x) * (values[at + 1] - values[at]);
}

// The first size, from the largest measured one on, where a row of values gets to a level.
function firstSize(sizes, values, from, level, falling) {
  const there = (value) => (falling ? value <= level : value >= level);
  for (let at = 0; at < sizes.length; at += 1) {
    if (sizes[at] < from || !there(values[at])) continue;
    if (at === 0 || sizes[at - 1] < from) return from;
    const gap = (level - values[at - 1]) / (values[at] - values[at - 1]);
    return sizes[at - 1] * (sizes[at] / sizes[at - 1]) ** gap;
  }
  return Infinity;
}
