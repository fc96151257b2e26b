// "Where does labelling stop paying?": where one more label is worth less than its price.

const WORTH_UNIT = 0.01;

function priced(item) {
  const { metric } = item;
  const forecast = metric.forecast;
  if (!forecast) return result(item, {}, line("No forecast of this metric."));
  const price = Number(document.getElementById("label-price").value);
  const worth = Number(document.getElementById("unit-worth").value) / WORTH_UNIT;
  if (!(price > 0 && worth > 0)) return result(item, {}, line("Give a price and a worth above 0."));
  const { sparse, perLabel, sinceLargest, largest } = forecast;
  const [lower, median, upper] = perLabel.map((row) =>
    firstSize(sparse, row, largest, price / worth, true),
  );
  if (median === Infinity) {
    return result(item, { lower, median, upper }, line("Always pays", "big"), line("as far as the forecast looks"));
  }
  const net = worth * plainAt(sparse, sinceLargest[1], median) - price * (median - largest);
  const stay = median <= largest * 1.001;
  return result(
    item,
    { lower, median, upper, net: stay ? 0 : net },
    line(stay ? "Stop here" : `${count(median)} samples`, "big"),
    line(stay ? "The next label costs more than it is worth." : `90 % interval ${count(lower)} to ${count(upper)}`),
    stay ? null : line(`Going there costs ${count(price * (median - largest))} and nets about ${count(net)}.`),
    stay ? null : distance(median / largest),
  );
}

function answerPrice() {
  const { higher, unit: name } = runs[0].metrics[state.metric];
  const unit = name ? ` ${name}` : "";
  document.getElementById("unit-worth-label").textContent =
    `Worth of ${WORTH_UNIT}${unit} ${higher ? "more" : "less"}, same currency`;
  document.getElementById("price-answer").replaceChildren(...shown().map(priced));
}

function startPrice() {
  for (const id of ["label-price", "unit-worth"]) {
    document.getElementById(id).addEventListener("input", answerPrice);
  }
}
