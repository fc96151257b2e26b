// What happens when: answers first, plots when plotly.js is unpacked.

function chooseMetric() {
  state.metric = document.getElementById("metric").value;
  document.getElementById("ask-metric").textContent = runs[0].metrics[state.metric].label;
  document.getElementById("log-y").checked = !runs[0].metrics[state.metric].higher;
  suggestTarget();
  answerPredict();
  answerTarget();
  answerPrice();
}

startTheme();
startPredict();
startTarget();
startPrice();
startCopy();
for (const form of document.forms) form.addEventListener("submit", (event) => event.preventDefault());
chooseMetric();
try {
  await unpackPlotly();
  startCurve();
  startClasses();
  document.getElementById("metric").addEventListener("change", () => {
    chooseMetric();
    drawCurve();
  });
} catch (error) {
  document.getElementById("no-plots").hidden = false;
  console.error(error);
}
root.dataset.ready = "true";
