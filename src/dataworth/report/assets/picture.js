// The figure as a file: the picture that needs no scripts, as SVG or drawn anew as PNG.

const SHARPER = 3;

function stillPicture() {
  const pictures = [...document.querySelectorAll("img.still")];
  return pictures.find((picture) => picture.dataset.metric === state.metric) ?? pictures[0];
}

function save(url, suffix) {
  const link = document.createElement("a");
  link.href = url;
  link.download = `${document.getElementById("title").textContent}-${stillPicture().dataset.metric}.${suffix}`;
  link.click();
}

async function savePng(picture) {
  const copy = new Image();
  copy.src = picture.src;
  await copy.decode();
  const canvas = document.createElement("canvas");
  canvas.width = copy.naturalWidth * SHARPER;
  canvas.height = copy.naturalHeight * SHARPER;
  canvas.getContext("2d").drawImage(copy, 0, 0, canvas.width, canvas.height);
  save(canvas.toDataURL("image/png"), "png");
}

function startPicture() {
  for (const button of document.querySelectorAll("[data-picture]")) {
    button.addEventListener("click", () => {
      const picture = stillPicture();
      if (button.dataset.picture === "svg") save(picture.src, "svg");
      else savePng(picture);
    });
  }
}
