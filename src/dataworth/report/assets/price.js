// "Where does labelling stop paying?": where one more label is worth less than its price.

// The step whose worth is asked for: a percentage point, else about a tenth of the leading digit.
function worthUnit() {
  const { share, mean } = runs[0].metrics[state.metric];
  const last = Math.abs(mean.findLast((value) => value !== null) ?? 0);
  return share || last === 0 ? 0.01 : 10 ** (Math.floor(Math.log10(last)) - 1);
}

function priced(item) {
  const { metric } = item;
  const forecast = metric.forecast;
  if (!forecast) return result(item, {}, line("No forecast of this metric."));
  const { price } = state;
  if (price === null) return result(item, {}, line("Type a price: sizes and targets are then given in money too."));
  if (state.worth === null) return result(item, {}, line("Type what an improvement is worth to see where labelling stops paying."));
  const worth = state.worth / worthUnit();
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
    line(stay ? "Stop here" : `${count(median)} ${data.counted}`, "big"),
    line(stay ? "The next label costs more than it is worth." : `Label up to here, then stop (90 % interval ${between(lower, upper)}).`),
    stay ? null : line(`Going there costs ${money(price * (median - largest))} and nets about ${money(net)}.`),
    stay ? null : distance(median / largest),
  );
}

function answerPrice() {
  const { higher, unit, share } = runs[0].metrics[state.metric];
  const step = share ? "1 percentage point" : `${figure(worthUnit())}${unit ? ` ${unit}` : ""}`;
  document.getElementById("unit-worth-label").textContent = `Worth of ${step} ${higher ? "more" : "less"}, same currency`;
  document.getElementById("price-answer").replaceChildren(...shown().map(priced));
}

function startPrice() {
  for (const [id, name] of [["label-price", "price"], ["unit-worth", "worth"]]) {
    const box = document.getElementById(id);
    if (state[name] !== null) box.value = state[name];
    box.addEventListener("input", () => {
      state[name] = boxNumber(id);
      remember();
      answerPredict();
      answerTarget();
      answerPrice();
    });
  }
}
