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
  const chosen = value === "" ? -1 : Number(value);
  const order = classes.names.map((_, at) => at).filter((at) => at !== chosen);
  if (chosen >= 0) order.push(chosen);
  const layout = plotLayout("training samples", "share of the class misclassified", true, false);
  layout.yaxis.tickformat = ".0%";
  layout.yaxis.rangemode = "tozero";
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
  document.getElementById("class-order").addEventListener("change", orderClasses);
  document.getElementById("class-chosen").addEventListener("change", drawClasses);
  redraws.push(drawClasses);
}
