// "How many samples for a target?": the quantile curves, read the other way.

// The first measured size from which on the mean meets the target, as Forecast has it.
function metAt(metric, target) {
  const measured = metric.sizes.filter((_, at) => metric.mean[at] !== null);
  const means = metric.mean.filter((value) => value !== null);
  const meets = means.map((value) => (metric.higher ? value >= target : value <= target));
  const first = meets.lastIndexOf(false) + 1;
  return first < meets.length ? measured[first] : null;
}

// `best` falls in even steps from what is reached surely to what never is.
function reachable(metric, target) {
  const { best } = metric.forecast;
  const ahead = (value) => (metric.higher ? value > target : value < target);
  const at = best.findIndex(ahead);
  if (at === 0) return 1;
  if (at === -1) return 0;
  const gap = (target - best[at - 1]) / (best[at] - best[at - 1]);
  return 1 - (at - 1 + gap) / (best.length - 1);
}

function samplesFor(metric, target) {
  const { samples, quantiles, largest } = metric.forecast;
  const rows = metric.higher ? [4, 2, 0] : [0, 2, 4];
  const [lower, median, upper] = rows.map((row) =>
    firstSize(samples, quantiles[row], largest, target, !metric.higher),
  );
  return { lower, median, upper, probability: reachable(metric, target) };
}

function targeted(item) {
  const { metric } = item;
  const target = state.target;
  if (!metric.forecast) return result(item, {}, line("No forecast of this metric."));
  const { least, most, expected } = metric.forecast;
  const possible = (least === null || target > least) && (most === null || target < most);
  if (target === null || !possible) {
    return result(item, {}, line(`Give a value ${expected}.`));
  }
  const met = metAt(metric, target);
  if (met !== null) {
    const { upper, probability } = samplesFor(metric, target);
    const sure = Number.isFinite(upper) ? `Sure to 95 % from ${count(upper)} on` : "Never sure to 95 %";
    return result(
      item,
      { median: met, probability: Math.max(probability, 0.5) },
      line("Met already", "big"),
      line(`from ${count(met)} measured samples on`),
      upper > metric.forecast.largest ? line(sure) : null,
    );
  }
  const answer = samplesFor(metric, target);
  const never = answer.median === Infinity;
  return result(
    item,
    answer,
    line(never ? "No number" : `${count(answer.median)} samples`, "big"),
    line(never && answer.lower === Infinity ? "is likely to reach it" : `90 % interval ${count(answer.lower)} to ${count(answer.upper)}`),
    line(`Reachable at all: ${percent(answer.probability)}`),
    never ? null : distance(answer.median / metric.forecast.largest),
  );
}

function answerTarget() {
  document.getElementById("target-answer").replaceChildren(...shown().map(targeted));
}

// What three times the data is expected to give, as a first target.
function suggestTarget() {
  const found = shown().find((item) => item.metric.forecast);
  const box = document.getElementById("target-value");
  if (!found) {
    state.target = null;
    box.value = "";
    return;
  }
  const value = quantileAt(found.metric, 2, found.metric.forecast.largest * 3);
  const { limit } = found.metric.forecast;
  // What a share lacks to 1 is rounded: two digits of 0.9997 would be 1, which no curve reaches.
  const lack = Number((limit - value).toPrecision(2));
  const rounded = limit === null ? value.toPrecision(3) : value.toPrecision(2);
  const rises = found.metric.higher && limit !== null;
  state.target = Number(rises ? (limit - lack).toPrecision(12) : rounded);
  box.value = state.target;
}

function startTarget() {
  const box = document.getElementById("target-value");
  box.addEventListener("input", () => {
    state.target = box.value === "" ? null : Number(box.value);
    answerTarget();
    moveMarks();
  });
}
