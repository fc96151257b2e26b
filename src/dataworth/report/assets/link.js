// What was typed stays in the address: a link that is copied shows the same answers.

const KEPT = ["size", "target", "price", "worth"];

// Without a link, the boxes hold what the study was asked.
function recall() {
  const found = new URLSearchParams(location.hash.slice(1));
  if (found.size === 0 && data.asked.metric === state.metric) state.target = data.asked.target;
  const metric = found.get("metric");
  if (metric !== null && metric in runs[0].metrics && runs.every((run) => metric in run.metrics)) {
    state.metric = metric;
    document.getElementById("metric").value = metric;
  }
  for (const name of KEPT) {
    const value = Number(found.get(name));
    if (found.has(name) && found.get(name) !== "" && Number.isFinite(value)) state[name] = value;
  }
}

function remember() {
  const kept = new URLSearchParams({ metric: state.metric });
  for (const name of KEPT) {
    if (state[name] !== null && state[name] > 0) kept.set(name, String(state[name]));
  }
  try {
    history.replaceState(null, "", `#${kept}`);
  } catch {
    // A page in a frame without an address of its own keeps nothing.
  }
}
