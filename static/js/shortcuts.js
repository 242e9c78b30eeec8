// One key presses one control: what carries data-key is pressed when its key is struck outside of a text field.

const TEXT = "textarea, select, input:not([type=checkbox], [type=radio]), [contenteditable]";
const opened = () => document.querySelector("[popover]:popover-open");

function control(key, within) {
  const controls = [...within.querySelectorAll("[data-key]")];
  return controls.find((one) => one.dataset.key === key && !one.disabled && one.checkVisibility());
}

function pressed(key) {
  const popover = opened();
  if (!popover) return control(key, document);
  const opener = document.querySelector(`[popovertarget="${popover.id}"][data-key="${CSS.escape(key)}"]`);
  return control(key, popover) ?? opener;
}

document.addEventListener("keydown", (event) => {
  // A key that is held down must not code one document after the other.
  if (document.documentElement.dataset.keys === "off") return; // the person switched single keys off (WCAG 2.1.4)
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.matches(TEXT)) return;
  const found = pressed(event.key);
  if (!found) return;
  event.preventDefault();
  found.click();
});

// Enter in a text field presses the button that names the field.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || !event.target.matches("input[type=text]")) return;
  document.querySelector(`[data-enter="${CSS.escape(event.target.id)}"]`)?.click();
});

// What opens takes the focus to its text field, where it has one.
document.addEventListener("toggle", (event) => {
  if (event.newState === "open" && event.target.id === "note") event.target.querySelector("textarea").focus();
}, true);
