// Ctrl K (or ⌘ K) opens the command palette: type, go down and up with the arrows, Enter goes there.

const palette = document.getElementById("palette");
const opener = document.getElementById("open-palette");
const words = document.getElementById("palette-words");
const lines = () => [...palette.querySelectorAll("#palette-found :is(a, button)")];

function open() {
  if (palette.open) return palette.close();
  for (const popover of document.querySelectorAll("[popover]:popover-open")) popover.hidePopover();
  palette.showModal();
  words.select();
  htmx.trigger(palette.querySelector("form"), "palette");
}

function move(step) {
  const stops = [words, ...lines()];
  const now = stops.indexOf(document.activeElement);
  stops[(now + step + stops.length) % stops.length].focus();
}

document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  if (!palette) return;
  event.preventDefault();
  open();
});

if (palette) {
  opener.hidden = false;
  opener.addEventListener("click", open);
  palette.addEventListener("click", (event) => {
    if (event.target === palette) palette.close();
  });
  palette.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && event.target === words) {
      event.preventDefault();
      // What was typed last may not have been looked up yet.
      if (!palette.querySelector(".htmx-request") && palette.dataset.shown === words.value) lines()[0]?.click();
      else palette.dataset.wanted = "first";
    } else if (event.key.length === 1 && event.target !== words && event.key !== " " && !event.ctrlKey && !event.metaKey) {
      words.focus();
    }
  });
  // Who went into the lines before the answer came stays at the same place in the new ones.
  let place = -1;
  palette.addEventListener("htmx:beforeSwap", () => {
    place = lines().indexOf(document.activeElement);
  });
  palette.addEventListener("htmx:afterSwap", (event) => {
    if (place >= 0) (lines()[place] ?? words).focus();
    palette.dataset.shown = new URL(event.detail.xhr.responseURL).searchParams.get("q") ?? "";
    if (palette.dataset.wanted && palette.dataset.shown === words.value) lines()[0]?.click();
    delete palette.dataset.wanted;
  });
}
