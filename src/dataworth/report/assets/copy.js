// Copying a table: tabs between cells, so that a spreadsheet takes it.

async function copyTable(id) {
  const rows = [...document.getElementById(id).rows];
  const text = rows.map((row) => [...row.cells].map((cell) => cell.textContent).join("\t")).join("\n");
  const status = document.querySelector(`[data-copied="${id}"]`);
  try {
    await navigator.clipboard.writeText(text);
    status.textContent = "Copied.";
  } catch {
    getSelection().selectAllChildren(document.getElementById(id));
    status.textContent = "Selected: press Ctrl+C to copy.";
  }
}

function startCopy() {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", () => copyTable(button.dataset.copy));
  }
}
