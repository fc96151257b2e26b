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
  const { least, most, expected, largest } = metric.forecast;
  if (target === null) return result(item, {}, line("Type a value to reach."));
  const possible = (least === null || target > least) && (most === null || target < most);
  if (!possible) {
    return result(item, {}, line(metric.share ? "Give a value above 0 and below 100." : `Give a value ${expected}.`));
  }
  const met = metAt(metric, target);
  if (met !== null) {
    const { upper, probability } = samplesFor(metric, target);
    const sure = Number.isFinite(upper) ? `With probability 95 % from ${count(upper)} on` : "Never with probability 95 %";
    return result(
      item,
      { median: met, probability: Math.max(probability, 0.5) },
      line("Met already", "big"),
      line(`from ${count(met)} measured ${data.counted} on`),
      upper > largest ? line(sure) : null,
    );
  }
  const answer = samplesFor(metric, target);
  const never = answer.median === Infinity;
  return result(
    item,
    answer,
    line(never ? "Not expected" : `${count(answer.median - largest)} more ${data.counted}`, "big"),
    line(never ? `with any number of ${data.counted}` : `${count(answer.median)} in all (90 % interval ${between(answer.lower, answer.upper)})`),
    line(`Reachable with probability ${percent(answer.probability)}`),
    never ? null : priceOf(answer.median - largest),
    never ? null : distance(answer.median / largest),
  );
}

// An interval of sizes; one without an upper end is "X or more".
function between(lower, upper) {
  if (lower === Infinity) return `no number of ${data.counted}`;
  return upper === Infinity ? `${count(lower)} or more` : `${count(lower)} to ${count(upper)}`;
}

function answerTarget() {
  document.getElementById("target-answer").replaceChildren(...shown().map(targeted));
}

// The target as it stands in the box: shares in per cent.
function targetText() {
  if (state.target === null) return "";
  const { share } = runs[0].metrics[state.metric];
  return String(share ? Number((state.target * 100).toPrecision(12)) : state.target);
}

function labelTarget() {
  const { label } = runs[0].metrics[state.metric];
  document.getElementById("target-label").textContent = `Value to reach: ${label}`;
  document.getElementById("target-value").value = targetText();
}

function startTarget() {
  const box = document.getElementById("target-value");
  box.addEventListener("input", () => {
    const { share } = runs[0].metrics[state.metric];
    const value = box.value === "" ? null : Number(box.value);
    state.target = value !== null && share ? Number((value / 100).toPrecision(12)) : value;
    remember();
    answerTarget();
    moveMarks();
  });
}
