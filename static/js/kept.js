// A decision that the server did not answer is kept and sent again with the same lease token, also after a reload.
// The server counts a token once, so sending it twice does no harm.

const KEPT = "kept-decision";
const AGAIN = 2000; // milliseconds
let timer = 0;

const form = () => document.getElementById("decide");
const kept = () => JSON.parse(sessionStorage.getItem(KEPT) ?? "null");

function show(decision) {
  const notice = document.getElementById("kept");
  if (!notice) return;
  notice.hidden = !decision;
  if (decision) notice.querySelector("span").textContent =
    `“${decision.label}” is not saved yet: the server does not answer. It is kept here and sent again.`;
}

function keep(decide, button) {
  const data = new FormData(decide, button);
  const label = button.name === "skip" ? "Skip" : button.value;
  const fields = ["token", "choice", "skip", "skip_reason", "note"].map((name) => [name, data.get(name) ?? ""]);
  const decision = { label, fields: Object.fromEntries(fields), name: button.name, value: button.value };
  sessionStorage.setItem(KEPT, JSON.stringify(decision));
  show(decision);
  clearTimeout(timer);
  timer = setTimeout(send, AGAIN);
}

function forget() {
  clearTimeout(timer);
  sessionStorage.removeItem(KEPT);
  show(null);
}

function send() {
  const decision = kept();
  const decide = form();
  if (!decision || !decide) return;
  if (decide.elements.token.value !== decision.fields.token) return forget();
  decide.elements.note.value = decision.fields.note;
  decide.elements.skip_reason.value = decision.fields.skip_reason;
  const buttons = decide.querySelectorAll(`button[name="${decision.name}"]`);
  decide.requestSubmit([...buttons].find((button) => button.value === decision.value));
}

const ours = (event) => event.detail.requestConfig?.elt?.id === "decide";
const unanswered = (xhr) => !xhr.status || xhr.status >= 500;

document.addEventListener("htmx:afterRequest", (event) => {
  if (!ours(event)) return;
  const button = event.detail.requestConfig.triggeringEvent?.submitter;
  if (unanswered(event.detail.xhr)) keep(form(), button);
  else forget();
});

// While a decision is kept, no other one may take its place.
document.addEventListener("submit", (event) => {
  const decision = kept();
  if (event.target.id !== "decide" || !decision) return;
  const { name, value } = event.submitter ?? {};
  if (name === decision.name && value === decision.value) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

document.addEventListener("click", (event) => {
  if (event.target.closest("#kept button")) send();
});
addEventListener("online", send);
if (kept()) {
  show(kept());
  setTimeout(send, AGAIN / 4);
}
