// The next document starts at its top, and the reading place of a screen reader goes there with it.

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "stage" || !document.getElementById("decide")) return;
  window.scrollTo(0, 0);
  document.getElementById("document-title")?.focus({ preventScroll: true });
});
