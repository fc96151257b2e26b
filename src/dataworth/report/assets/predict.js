// "How good with N samples?": a slider and a box that say the same.

const SLIDER_STEPS = 1000;

function sliderSize(step) {
  const [from, to] = [smallestSize(), largestSize() * data.shown];
  const size = from * (to / from) ** (step / SLIDER_STEPS);
  return Number(size.toPrecision(3));
}

function sliderStep(size) {
  const [from, to] = [smallestSize(), largestSize() * data.shown];
  return Math.round((Math.log(size / from) / Math.log(to / from)) * SLIDER_STEPS);
}

function predicted(item) {
  const { metric } = item;
  const forecast = metric.forecast;
  if (!forecast) return result(item, {}, line("No forecast of this metric."));
  const { samples, sparse, next } = forecast;
  if (state.size < samples[0] || state.size > forecast.largest * data.shown) {
    const to = count(forecast.largest * data.shown);
    return result(item, {}, line(`Choose a size from ${count(samples[0])} to ${to}.`));
  }
  const [lower, median, upper] = [0, 2, 4].map((row) => quantileAt(metric, row, state.size));
  const [least, gain, most] = next.map((row) => gainAt(sparse, row, state.size));
  const verb = metric.higher ? "raise" : "lower";
  return result(
    item,
    { lower, median, upper, gain, least, most },
    line(amount(metric, median), "big"),
    line(`90 % interval ${amount(metric, lower)} to ${amount(metric, upper)}`),
    line(`The next ${data.step.toLocaleString("en-GB")} ${data.counted} ${verb} it by ${gained(metric, gain)} (${gained(metric, least, "")} to ${gained(metric, most, "")}).`),
    priceOf(state.size - forecast.largest),
    distance(state.size / forecast.largest),
  );
}

// A difference of values: of shares in percentage points.
function gained(metric, value, unit = " points") {
  return metric.share ? `${small(value * 100)}${unit}` : small(value);
}

// What more samples cost, where a price was given.
function priceOf(more) {
  if (state.price === null || !(more > 0)) return null;
  return line(`Going there costs ${money(state.price * more)}.`);
}

function small(value) {
  const rounded = Number(value.toPrecision(2));
  const text = Math.abs(rounded) < 1000 ? rounded.toString() : whole(rounded);
  return text.replace("e-", "e−").replace(/^-/, "−");
}

function distance(times) {
  if (times <= 3) return null;
  const word = times > 10 ? "beyond 10x a forecast is little more than a guess" : "treat it as rough";
  return line(`${figure(Number(times.toPrecision(2)))} times the largest measured size: ${word}.`, "far");
}

function answerPredict() {
  document.getElementById("predict-answer").replaceChildren(...shown().map(predicted));
}

function setSize(size) {
  state.size = size;
  remember();
  answerPredict();
  moveMarks();
}

function startPredict() {
  const box = document.getElementById("size");
  const slider = document.getElementById("size-slider");
  if (!(state.size > 0)) state.size = data.asked.size ?? largestSize() * 3;
  box.value = state.size;
  const sync = () => {
    slider.value = sliderStep(state.size);
    slider.setAttribute("aria-valuetext", `${count(state.size)} ${data.counted}`);
  };
  slider.addEventListener("input", () => {
    box.value = sliderSize(Number(slider.value));
    setSize(Number(box.value));
    slider.setAttribute("aria-valuetext", `${count(state.size)} ${data.counted}`);
  });
  box.addEventListener("input", () => {
    if (!(Number(box.value) > 0)) return;
    setSize(Number(box.value));
    sync();
  });
  sync();
}
