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

// The distance from the best value is positive: straight on logarithmic axes.
function onLogOfDistance(sizes, values, x, limit, sign) {
  const at = below(sizes, x);
  const part = share(sizes, at, x);
  const [left, right] = [sign * (values[at] - limit), sign * (values[at + 1] - limit)];
  if (left <= 0 || right <= 0) return limit + sign * (left + part * (right - left));
  return limit + sign * left * (right / left) ** part;
}

function quantileAt(metric, row, x) {
  const { samples, quantiles, limit } = metric.forecast;
  // A metric without a best value is straight over the logarithm of the size.
  if (limit === null) return plainAt(samples, quantiles[row], x);
  return onLogOfDistance(samples, quantiles[row], x, limit, metric.higher ? -1 : 1);
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
