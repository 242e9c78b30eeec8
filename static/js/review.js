// The button that was pressed looks pressed at once, until the answer is here.
const pressed = (event) => event.detail.requestConfig.triggeringEvent?.submitter;

document.addEventListener("htmx:beforeRequest", (event) => pressed(event)?.toggleAttribute("data-pressed", true));
document.addEventListener("htmx:afterRequest", (event) => pressed(event)?.toggleAttribute("data-pressed", false));

// The next document starts at its top, and the reading place of a screen reader goes there with it.

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "stage" || !document.getElementById("decide")) return;
  window.scrollTo(0, 0);
  document.getElementById("document-title")?.focus({ preventScroll: true });
});
