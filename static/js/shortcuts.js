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
  if (document.querySelector("dialog:modal")) return;
  const found = pressed(event.key) ?? (event.key === "/" && search());
  if (!found) return;
  event.preventDefault();
  if (found.matches(TEXT)) found.focus();
  else found.click();
});

// The sheet of keys is written from the controls themselves, so it says what holds on this page and nothing else.
const search = () => [...document.querySelectorAll("main input[type=search]")].find((one) => one.checkVisibility());

function describe(sheet) {
  const list = sheet.querySelector("[data-keys-here]");
  const said = new Map();
  const controls = document.querySelectorAll("main [data-key]");
  for (const one of [...controls, ...document.querySelectorAll(".topbar [data-key]")]) {
    if (one.closest("[popover]") || !one.checkVisibility() || said.has(one.dataset.key)) continue;
    said.set(one.dataset.key, one.dataset.says ?? one.textContent.trim());
  }
  list.replaceChildren(...[...said].flatMap(([key, what]) => {
    const [term, stroke, told] = ["dt", "kbd", "dd"].map((name) => document.createElement(name));
    stroke.textContent = key;
    term.append(stroke);
    told.textContent = what;
    return [term, told];
  }));
  for (const row of sheet.querySelectorAll("[data-keys-search]")) row.hidden = !search();
  sheet.querySelector("[data-keys-off]").hidden = document.documentElement.dataset.keys !== "off";
}

document.addEventListener("beforetoggle", (event) => {
  if (event.target.id === "keys" && event.newState === "open") describe(event.target);
}, true);

// Enter in a text field presses the button that names the field.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing || !event.target.matches("input[type=text]")) return;
  document.querySelector(`[data-enter="${CSS.escape(event.target.id)}"]`)?.click();
});

// What opens takes the focus to its text field, where it has one.
document.addEventListener("toggle", (event) => {
  if (event.newState === "open" && event.target.id === "note") event.target.querySelector("textarea").focus();
}, true);
