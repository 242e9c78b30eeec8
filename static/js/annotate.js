// The annotating page: what is selected meets what is pressed. The answer itself is in annotate/answer.js.

import { Answer } from "./annotate/answer.js";
import { Offsets, snapped, wordBefore, wordFrom } from "./annotate/offsets.js";
import { Paper } from "./annotate/paper.js";
import { drawRelations, drawSpans, drawSuggestions } from "./annotate/panel.js";
import { Saving } from "./annotate/saving.js";

const at = (id) => document.getElementById(id);
const told = JSON.parse(at("told").textContent);
const texts = at("regions").dataset; // what is said, in the language of the page
const filled = (said, values) => said.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
const { text, config } = told;
const offsets = new Offsets(text);
const labels = new Map(config.labels.map((label) => [`${label.set}\n${label.value}`, label]));
const groups = new Map(config.groups.map((group) => [group.name, group]));
const inBrowser = (one) => moved(one, (place) => offsets.toBrowser(place));
const forServer = (one) => moved(one, (place) => offsets.toServer(place));

let selected = null; // the id of a span
let armed = null; // a label that marks what is selected next
let relating = null; // the id of the span that a relation starts from
let cursor = null; // [anchor word, focus word] of the keyboard

function moved(one, move) {
  if (one.value?.start === undefined) return one;
  return { ...one, value: { ...one.value, start: move(one.value.start), end: move(one.value.end) } };
}

function toneOf(one, element, name) {
  const label = one.type === "labels" ? labels.get(`${one.from_name}\n${one.value.labels[0]}`) : null;
  if (!label) return;
  if (label.colour) element.style.setProperty(`--${name}`, label.colour);
  else element.classList.add(`${name}-${label.tone}`);
}

function say(words) {
  at("said").textContent = words;
}

function saidSaving(words, wrong = false) {
  at("saved").textContent = words;
  at("saved").classList.toggle("wrong", wrong);
}

const paper = at("paper") ? new Paper(at("paper"), text, toneOf) : null;
const answer = new Answer(told.result.map(inBrowser), config, changed);
const saving = new Saving(told, () => answer.results.map(forServer), saidSaving);
const suggestions = told.suggestions.map((one) => ({ ...one, result: one.result.map(inBrowser) }));

// Suggested spans and choices that are not among what is said yet.
function openSuggestions() {
  const spans = new Set(answer.spans.map((one) => `${one.from_name}:${one.value.start}:${one.value.end}:${one.value.labels}`));
  const isOpen = (one) => one.type === "labels"
    ? !spans.has(`${one.from_name}:${one.value.start}:${one.value.end}:${one.value.labels}`)
    : one.type === "choices" && one.value.start === undefined && !answer.choices(one.from_name).length;
  return suggestions.flatMap(({ result, confidence, model }) => result.filter(isOpen).map((one) => ({ one, confidence: one.score ?? confidence, model })));
}

function changed() {
  draw();
  saving.later();
}

function draw() {
  if (selected && !answer.span(selected)) selected = null;
  const spans = answer.spans;
  const open = openSuggestions();
  paper?.draw(spans, open.map(({ one }) => one).filter((one) => one.type === "labels"), selected);
  drawSpans(at("regions"), spans, selected, toneOf, { select });
  at("number").textContent = spans.length;
  at("no-regions").hidden = spans.length > 0 || !labels.size;
  at("joined").hidden = !answer.relations.length;
  drawRelations(at("joined").querySelector("ol"), answer, { select, part: (one) => answer.part(one) });
  at("suggested").hidden = !open.length;
  at("suggested").querySelector(".count").textContent = open.length;
  drawSuggestions(at("suggested").querySelector("ol"), open, toneOf, { show, accept: (one) => answer.accept([one]) });
  at("undo").disabled = !answer.past.length;
  at("redo").disabled = !answer.future.length;
  drawChoices();
  drawSelected();
  drawLabels();
}

// The span that questions are asked about: what is said about another span is not asked about.
function asked() {
  const one = selected && answer.span(selected);
  return one && !labels.get(`${one.from_name}\n${one.value.labels[0]}`).assertion ? selected : null;
}

function drawChoices() {
  for (const fieldset of document.querySelectorAll("[data-group]")) {
    const about = fieldset.hasAttribute("data-per-region") ? asked() : undefined;
    fieldset.hidden = about === null;
    const chosen = about === null ? [] : answer.choices(fieldset.dataset.group, about);
    for (const input of fieldset.querySelectorAll("input")) input.checked = chosen.includes(input.value);
  }
}

function drawSelected() {
  const one = selected && answer.span(selected);
  at("chosen").hidden = !one;
  if (!one) return;
  const body = at("chosen").querySelector(".body");
  const words = document.createElement("q");
  words.textContent = one.value.text.slice(0, 200);
  const buttons = document.createElement("p");
  buttons.className = "actions";
  const add = (label, id, pressed) => {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "button small", id, textContent: label });
    button.addEventListener("click", pressed);
    buttons.append(button);
    return button;
  };
  add(texts.sayRemove, "remove-span", () => remove());
  if (config.relations.length) {
    const key = [...document.querySelectorAll("[data-key]")].some((other) => other.dataset.key === "r") ? "" : "r";
    const button = add(relating ? texts.sayRelating : texts.sayRelate, "relate", () => relate());
    if (key) button.dataset.key = key;
  }
  body.replaceChildren(words, ` ${one.value.labels.join(", ")}`, buttons);
}

function drawLabels() {
  const one = selected && answer.span(selected);
  for (const button of document.querySelectorAll("[data-label]")) {
    const { label, set } = button.dataset;
    const on = armed ? armed.value === label && armed.set === set : one?.value.labels.includes(label) && one.from_name === set;
    button.setAttribute("aria-pressed", String(Boolean(on)));
  }
}

function select(id) {
  if (relating && relating !== id) return join(relating, id);
  selected = id;
  armed = null;
  draw();
  if (!id) return undefined;
  const one = answer.span(id);
  show(one);
  at("regions").querySelector(`[data-id="${id}"]`)?.scrollIntoView({ block: "nearest" });
  return say(`${one.value.labels.join(", ")}: ${one.value.text}`);
}

function show(one) {
  if (one.value.start !== undefined) paper?.show(one.value.start, one.value.end);
}

function remove() {
  if (!selected) return;
  const one = answer.span(selected);
  answer.remove(selected);
  say(filled(texts.sayRemoved, { label: one.value.labels.join(", ") }));
}

function relate() {
  relating = relating ? null : selected;
  document.body.classList.toggle("relating", Boolean(relating));
  draw();
  say(relating ? texts.sayChoose : "");
}

// The first kind of relation that the config allows between the two; with several kinds, those not used yet come first.
function join(from, to) {
  const [source, target] = [answer.span(from).value.labels[0], answer.span(to).value.labels[0]];
  const fits = config.relations.filter(({ allowed }) => !allowed.length || allowed.some(([a, b, both]) => (a === source && b === target) || (both && a === target && b === source)));
  const free = fits.filter(({ value }) => !answer.relations.some((one) => one.from_id === from && one.to_id === to && one.labels[0] === value));
  relating = null;
  document.body.classList.remove("relating");
  if (!free.length) {
    draw();
    return fault([filled(fits.length ? texts.sayNoMore : texts.sayNone, { source, target })]);
  }
  answer.relate(from, to, free[0].value);
  return say(`${source} ${free[0].value} ${target}`);
}

// A label was pressed: it marks what is selected, or says something else of the span, or waits for the next selection.
function press(label) {
  const chosen = paper?.selection;
  if (chosen) return mark(label, ...chosen, true);
  const one = selected && answer.span(selected);
  if (one && label.assertion) return mark(label, one.value.start, one.value.end, true);
  if (one) return answer.relabel(selected, label);
  armed = armed === label ? null : label;
  drawLabels();
  return say(armed ? filled(texts.sayArmed, { label: label.value }) : "");
}

function mark(label, from, to, exact) {
  const [start, end] = snapped(text, from, to, exact);
  if (start >= end) return;
  const id = answer.add(label, start, end, text.slice(start, end));
  getSelection().removeAllRanges();
  selected = id;
  draw();
  say(filled(texts.sayMarked, { label: label.value, text: text.slice(start, end) }));
}

function settled(event) {
  const chosen = paper.selection;
  if (!chosen) return;
  const [start, end] = snapped(text, ...chosen, event.altKey);
  if (start >= end) return;
  if (armed) return void mark(armed, start, end, true);
  selected = null;
  draw();
  paper.select(start, end);
}

// A click on a mark selects its span, another click the one under it.
function pick(ids) {
  if (!ids.length) return select(null);
  return select(ids[(ids.indexOf(selected) + 1) % ids.length]);
}

function idsAt(place) {
  const over = answer.spans.filter((one) => one.value.start <= place && one.value.end > place);
  return over.sort((a, b) => (a.value.end - a.value.start) - (b.value.end - b.value.start)).map((one) => one.id);
}

function go(event) {
  const [anchor, focus] = cursor ?? [[0, 0], [0, 0]];
  const step = {
    ArrowRight: () => wordFrom(text, focus[1]),
    ArrowLeft: () => wordBefore(text, focus[0]),
    ArrowDown: () => wordFrom(text, nextLine(focus[1])),
    ArrowUp: () => wordFrom(text, lineBefore(focus[0])),
    Home: () => wordFrom(text, 0),
    End: () => wordBefore(text, text.length),
  }[event.key];
  if (!step) return false;
  event.preventDefault();
  if (event.shiftKey && event.altKey && cursor) {
    const [start, end] = [Math.min(anchor[0], focus[0]), Math.max(anchor[1], focus[1])];
    const last = Math.max(start + 1, Math.min(text.length, end + (event.key === "ArrowLeft" ? -1 : 1)));
    cursor = [[start, last], [start, last]];
  } else {
    const word = step();
    if (!word) return true;
    cursor = event.shiftKey && cursor ? [anchor, word] : [word, word];
  }
  const [start, end] = [Math.min(cursor[0][0], cursor[1][0]), Math.max(cursor[0][1], cursor[1][1])];
  selected = null;
  draw();
  paper.select(start, end);
  say(text.slice(start, end));
  return true;
}

function nextLine(place) {
  const found = text.indexOf("\n", place);
  return found < 0 ? Math.min(place + 400, text.length) : found + 1;
}

function lineBefore(place) {
  const start = text.lastIndexOf("\n", place - 1);
  return start < 1 ? 0 : text.lastIndexOf("\n", start - 1) + 1;
}

function fault(messages) {
  const alert = document.createElement("div");
  alert.className = "alert danger";
  const list = document.createElement("ul");
  for (const message of messages) list.append(Object.assign(document.createElement("li"), { textContent: message }));
  alert.append(list);
  at("faults").replaceChildren(...(messages.length ? [alert] : []));
  if (messages.length) at("faults").scrollIntoView({ block: "center" });
}

async function submit(more) {
  at("submit").disabled = true;
  saidSaving(texts.saySubmitting);
  const said = await saving.submit({ note: at("note-text").value, ...more });
  if (said?.ok) return location.assign(told.nextUrl);
  at("submit").disabled = false;
  if (!said || said.status >= 500) fault([texts.sayLost]);
  else {
    const problem = await said.json();
    fault(problem.fields?.result ?? [problem.detail]);
  }
  return saving.later();
}

paper?.element.addEventListener("pointerup", (event) => setTimeout(() => {
  if (paper.selection) settled(event);
  else pick((event.target.closest("mark")?.dataset.ids ?? "").split(" ").filter(Boolean));
}));
paper?.element.addEventListener("pointerdown", () => { cursor = null; });
paper?.element.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey) return;
  if (go(event)) return;
  if (event.key === "Enter" && cursor) {
    event.preventDefault();
    pick(idsAt(cursor[1][0]));
  }
});

for (const button of document.querySelectorAll("[data-label]")) {
  // Pressing must not take the selection away.
  button.addEventListener("pointerdown", (event) => event.preventDefault());
  button.addEventListener("click", () => press(labels.get(`${button.dataset.set}\n${button.dataset.label}`)));
}
for (const fieldset of document.querySelectorAll("[data-group]")) {
  fieldset.addEventListener("change", () => {
    const values = [...fieldset.querySelectorAll("input:checked")].map((input) => input.value);
    answer.choose(groups.get(fieldset.dataset.group), values, fieldset.hasAttribute("data-per-region") ? selected : undefined);
  });
}
at("accept-all").addEventListener("click", () => answer.accept(suggestions.flatMap(({ result }) => result)));
at("undo").addEventListener("click", () => answer.undo());
at("redo").addEventListener("click", () => answer.redo());
at("submit").addEventListener("click", () => submit({ result: answer.results.map(forServer) }));
for (const button of document.querySelectorAll("[data-skip]")) {
  button.addEventListener("click", () => submit({ skip_reason: button.dataset.skip }));
}

document.addEventListener("keydown", (event) => {
  const writing = event.target.matches("textarea, input[type=text]");
  const control = event.ctrlKey || event.metaKey;
  if (control && event.key === "Enter") at("submit").click();
  else if (writing) return;
  else if (control && event.key.toLowerCase() === "z" && !event.shiftKey) answer.undo();
  else if (control && (event.key.toLowerCase() === "y" || event.key.toLowerCase() === "z")) answer.redo();
  else if (event.key === "Delete" || event.key === "Backspace") remove();
  else if (event.key === "Escape" && !document.querySelector("[popover]:popover-open")) letGo();
  else return;
  event.preventDefault();
});

function letGo() {
  [armed, relating, cursor] = [null, null, null];
  document.body.classList.remove("relating");
  getSelection().removeAllRanges();
  select(null);
}

addEventListener("pagehide", () => { if (saving.waits) saving.save(true); });
addEventListener("online", () => { if (saving.waits) saving.save(); });
draw();
