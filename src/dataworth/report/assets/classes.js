// Classes: every class's error against size, and the order of the heat map.

function classTrace(classes, at, chosen) {
  const name = classes.names[at];
  const strong = at === chosen;
  return {
    x: classes.sizes,
    y: classes.errors[at],
    text: classes.sizes.map(() => name),
    mode: "lines",
    line: { color: strong ? color("series-1") : faint("soft", 0.35), width: strong ? 3 : 1 },
    hovertemplate: "class %{text}<br>%{x:,} samples: %{y:.1%} wrong<extra></extra>",
    showlegend: false,
  };
}

function drawClasses() {
  const { classes } = runs[0];
  const value = document.getElementById("class-chosen").value;
  const chosen = value === "" ? -1 : classes.numbers.indexOf(Number(value));
  const order = classes.names.map((_, at) => at).filter((at) => at !== chosen);
  if (chosen >= 0) order.push(chosen);
  const highest = Math.max(...classes.errors.flat().filter((value) => value !== null));
  const ends = [classes.sizes[0] * 0.95, classes.sizes.at(-1) * 1.05].map(Math.log10);
  const yaxis = axis("share misclassified", false, [0, Math.min(1, highest * 1.05) || 1]);
  const layout = plotLayout(axis(`training ${data.counted}`, true, ends, shortCount), { ...yaxis, tickformat: ".0%" });
  Plotly.react("class-plot", order.map((at) => classTrace(classes, at, chosen)), layout, PLOT_OPTIONS);
  for (const row of document.querySelectorAll("#class-table tbody tr")) {
    row.classList.toggle("chosen", row.dataset.index === value);
  }
}

function orderClasses() {
  const key = document.getElementById("class-order").value;
  const sign = key === "index" ? 1 : -1;
  const body = document.querySelector("#class-table tbody");
  const rows = [...body.rows].sort((a, b) => sign * (Number(a.dataset[key]) - Number(b.dataset[key])));
  body.replaceChildren(...rows);
}

function startClasses() {
  if (!document.getElementById("class-table")) return;
  drawClasses();
  document.getElementById("class-order").addEventListener("change", orderClasses);
  document.getElementById("class-chosen").addEventListener("change", drawClasses);
  redraws.push(drawClasses);
}
