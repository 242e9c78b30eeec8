// Polls of live parts (data-live) rest while nobody looks, and say so when the server does not answer.

const refusal = () => document.getElementById("refusal");
const LOST = "The server does not answer. What you see may be out of date; trying again.";

document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.target.hasAttribute("data-live")) event.preventDefault();
});

document.addEventListener("htmx:sendError", () => {
  const place = refusal();
  if (!place || place.querySelector("[data-lost]")) return;
  const alert = document.createElement("p");
  alert.className = "alert warning";
  alert.dataset.lost = "";
  const text = document.createElement("span");
  text.textContent = LOST;
  alert.append(text);
  place.replaceChildren(alert);
});

document.addEventListener("htmx:afterOnLoad", () => {
  refusal()?.querySelector("[data-lost]")?.remove();
});
