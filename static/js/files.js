// A chart (.chart) as a file: SVG and PNG as it is drawn, with title and legend, and its table as CSV.

const NAMESPACE = "http://www.w3.org/2000/svg";
const DRAWN = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-size", "font-family", "text-anchor"];
const SHARP = 2; // pixels of a PNG for each of the drawing
const HEAD = 30; // room for the title
const ROW = 20; // and for the legend

function element(name, attributes, text) {
  const made = document.createElementNS(NAMESPACE, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text) made.textContent = text;
  return made;
}

// What the style sheets say is written onto every shape: the file has to look the same without them.
function drawn(original, copy) {
  const style = getComputedStyle(original);
  for (const name of DRAWN) if (style.getPropertyValue(name)) copy.setAttribute(name, style.getPropertyValue(name));
  copy.removeAttribute("class");
  [...original.children].forEach((child, place) => drawn(child, copy.children[place]));
}

function picture(figure) {
  const original = figure.querySelector(":scope > svg");
  const { width, height } = original.viewBox.baseVal;
  const style = getComputedStyle(figure);
  const legend = [...figure.querySelectorAll(".legend li")];
  const top = HEAD + (legend.length ? ROW : 0);
  const whole = element("svg", { xmlns: NAMESPACE, viewBox: `0 0 ${width} ${height + top}`, width, height: height + top });
  const text = { "font-family": style.fontFamily, fill: style.color };
  whole.append(
    element("rect", { width, height: height + top, fill: getComputedStyle(figure.closest(".card") ?? document.body).backgroundColor }),
    element("text", { x: 8, y: 20, "font-size": 14, "font-weight": 600, ...text }, figure.querySelector("figcaption").textContent.trim()),
  );
  let x = 8;
  for (const item of legend) {
    const name = item.textContent.trim();
    const colour = getComputedStyle(item.querySelector(".swatch")).backgroundColor;
    whole.append(element("rect", { x, y: HEAD + 1, width: 10, height: 10, rx: 2, fill: colour }));
    whole.append(element("text", { x: x + 15, y: HEAD + 10, "font-size": 12, ...text }, name));
    x += 31 + name.length * 6.4;
  }
  const copy = original.cloneNode(true);
  drawn(original, copy);
  copy.setAttribute("y", top);
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  whole.append(copy);
  return { source: new XMLSerializer().serializeToString(whole), width, height: height + top };
}

async function png({ source, width, height }) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(source)}`;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: width * SHARP, height: height * SHARP });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

// A spreadsheet must take what begins like a formula for text.
const cell = (text) => `"${(/^([=+@\t\r]|-(?![\d.]))/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;

function csv(figure) {
  const rows = [...figure.querySelectorAll("table tr")];
  // Folded away, a table has no lines to be read off.
  const said = (one) => (one.checkVisibility() ? one.innerText : one.textContent).trim().replace(/\s+/g, " ");
  const lines = rows.map((row) => [...row.cells].map((one) => cell(said(one))).join(","));
  return new Blob([`${lines.join("\r\n")}\r\n`], { type: "text/csv" });
}

function save(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

const MADE = {
  svg: (figure) => new Blob([picture(figure).source], { type: "image/svg+xml" }),
  png: (figure) => png(picture(figure)),
  csv,
};

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-file]");
  if (!button) return;
  const figure = button.closest(".chart");
  const kind = button.dataset.file;
  save(await MADE[kind](figure), `${figure.id.replace("chart-", "")}.${kind}`);
});
