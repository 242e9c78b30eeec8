// Polls of live parts (data-live) slow down when nobody looks: none while the tab is hidden, few when nothing was touched
// for a while; whoever comes back sees what is new at once. They say so when the server does not answer.

const PACES = [ // milliseconds without a touch, and then between two polls
  [600_000, 60_000],
  [60_000, 15_000],
  [0, 0],
];
const TOUCHES = ["pointerdown", "pointermove", "keydown", "wheel", "scroll"];
const LATER = 200; // milliseconds: what a touch is for comes first
let touched = performance.now();
const asked = new Map(); // address of a part: when it was asked for

const refusal = () => document.getElementById("refusal");
const idle = () => performance.now() - touched;
const pause = () => PACES.find(([since]) => idle() >= since)[1];

function look() {
  for (const part of document.querySelectorAll("[data-live][hx-trigger]")) {
    asked.delete(part.getAttribute("hx-get"));
    window.htmx.ajax("GET", part.getAttribute("hx-get"), { source: part });
  }
}

function touch() {
  const wasAway = pause() > 0;
  touched = performance.now();
  if (wasAway) setTimeout(look, LATER);
}

for (const name of TOUCHES) addEventListener(name, touch, { capture: true, passive: true });

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  touched = performance.now();
  look();
});

document.addEventListener("htmx:beforeRequest", (event) => {
  const part = event.target;
  if (!part.hasAttribute("data-live") || event.detail.requestConfig.triggeringEvent) return;
  const address = part.getAttribute("hx-get");
  const soon = performance.now() - (asked.get(address) ?? -Infinity) < pause();
  if (document.hidden || soon) event.preventDefault();
  else asked.set(address, performance.now());
});

document.addEventListener("htmx:sendError", () => {
  const place = refusal();
  if (!place || place.querySelector("[data-lost]")) return;
  const alert = document.createElement("p");
  alert.className = "alert warning";
  alert.dataset.lost = "";
  const text = document.createElement("span");
  text.textContent = document.body.dataset.sayLost;
  alert.append(text);
  place.replaceChildren(alert);
});

document.addEventListener("htmx:afterOnLoad", () => {
  refusal()?.querySelector("[data-lost]")?.remove();
});
