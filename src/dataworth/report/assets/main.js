// What happens when: answers first, plots when plotly.js is unpacked.

function chooseMetric() {
  state.metric = document.getElementById("metric").value;
  document.getElementById("ask-metric").textContent = runs[0].metrics[state.metric].label;
  document.getElementById("log-y").checked = !runs[0].metrics[state.metric].higher;
  for (const element of document.querySelectorAll("[data-metric]")) {
    element.hidden = element.dataset.metric !== state.metric;
  }
  const still = stillPicture();
  still.hidden = false;
  labelTarget();
  answerPredict();
  answerTarget();
  answerPrice();
}

root.dataset.scripts = "true";
startTheme();
recall();
startPredict();
startTarget();
startPrice();
startCopy();
startPicture();
for (const form of document.forms) form.addEventListener("submit", (event) => event.preventDefault());
chooseMetric();
try {
  await unpackPlotly();
  root.dataset.plots = "true";
  startCurve();
  startClasses();
  document.getElementById("metric").addEventListener("change", () => {
    state.target = null;
    state.worth = null;
    document.getElementById("unit-worth").value = "";
    chooseMetric();
    remember();
    drawCurve();
  });
} catch (error) {
  delete root.dataset.plots;
  document.getElementById("no-plots").hidden = false;
  document.getElementById("metric").addEventListener("change", () => {
    chooseMetric();
    remember();
  });
  console.error(error);
}
root.dataset.ready = "true";
