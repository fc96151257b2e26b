// Light or dark: the system's choice until the reader chooses; paper is always light.

const root = document.documentElement;
const systemDark = matchMedia("(prefers-color-scheme: dark)");
const onPaper = matchMedia("print");
const redraws = [];
let chosen = null;

function theme() {
  if (onPaper.matches) return "light";
  return chosen ?? (systemDark.matches ? "dark" : "light");
}

function applyTheme() {
  root.dataset.theme = theme();
  document.getElementById("theme").setAttribute("aria-pressed", String(theme() === "dark"));
  for (const redraw of redraws) redraw();
}

function color(name) {
  return getComputedStyle(root).getPropertyValue(`--${name}`).trim();
}

// A colour of the palette with some of it let through, as #rrggbbaa.
function faint(name, share) {
  return color(name) + Math.round(share * 255).toString(16).padStart(2, "0");
}

function startTheme() {
  document.getElementById("theme").addEventListener("click", () => {
    chosen = theme() === "dark" ? "light" : "dark";
    applyTheme();
  });
  systemDark.addEventListener("change", applyTheme);
  onPaper.addEventListener("change", applyTheme);
  applyTheme();
}
