// Copying a table, with tabs between cells so that a spreadsheet takes it, or a text as it is.

async function copyTable(id) {
  const element = document.getElementById(id);
  const cells = (row) => [...row.cells].map((cell) => cell.textContent).join("\t");
  const text = element.rows ? [...element.rows].map(cells).join("\n") : element.textContent;
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
