// The config editor: line numbers, lines with errors, templates, and the way from a problem to its place.

const code = document.querySelector("[data-code]");
const text = code.querySelector("textarea");
const numbers = code.querySelector(".lines");
const preview = document.getElementById("preview");

function number() {
  const wrong = new Set((preview.querySelector("[data-lines]")?.dataset.lines ?? "").split(" ").filter(Boolean));
  const count = text.value.split("\n").length;
  const lines = [];
  for (let line = 1; line <= count; line += 1) {
    const item = document.createElement("li");
    item.textContent = line;
    item.classList.toggle("wrong", wrong.has(String(line)));
    lines.push(item);
  }
  numbers.replaceChildren(...lines);
  numbers.scrollTop = text.scrollTop;
}

text.addEventListener("input", number);
text.addEventListener("scroll", () => { numbers.scrollTop = text.scrollTop; });
document.addEventListener("htmx:afterSwap", (event) => { if (event.detail.target === preview) number(); });

preview.addEventListener("click", (event) => {
  const place = event.target.closest("[data-line]");
  if (!place) return;
  event.preventDefault();
  const lines = text.value.split("\n").slice(0, Number(place.dataset.line) - 1);
  const start = lines.reduce((sum, line) => sum + line.length + 1, 0) + Number(place.dataset.column) - 1;
  text.focus();
  text.setSelectionRange(start, start);
});

document.querySelector("[data-templates]").addEventListener("change", (event) => {
  if (!event.target.value) return;
  // As typing does it, so that the browser's own undo brings back what was there.
  text.focus();
  text.select();
  if (!document.execCommand("insertText", false, event.target.value)) text.value = event.target.value;
  event.target.value = "";
  number();
  text.dispatchEvent(new Event("input", { bubbles: true }));
});

number();
