// A decision is kept from the moment it is sent until the server has answered it, and is sent again with the same lease
// token when no answer comes, or when the page went away meanwhile. The server counts a token once, so sending it twice
// does no harm.

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
    notice.dataset.say.replace("{label}", decision.label);
}

function keep(decide, pressed) {
  const data = new FormData(decide, pressed);
  const label = pressed.name === "skip" ? document.getElementById("kept").dataset.saySkip : pressed.value;
  const fields = ["token", "choice", "skip", "skip_reason", "note"].map((name) => [name, data.get(name) ?? ""]);
  const decision = { label, fields: Object.fromEntries(fields), name: pressed.name, value: pressed.value };
  sessionStorage.setItem(KEPT, JSON.stringify(decision));
}

function sendAgain() {
  show(kept());
  clearTimeout(timer);
  timer = setTimeout(send, AGAIN);
}

function forget() {
  clearTimeout(timer);
  sessionStorage.removeItem(KEPT);
  show(null);
}

function button(decision) {
  const named = form()?.querySelectorAll(`button[name="${decision.name}"]`) ?? [];
  return [...named].find((one) => one.value === decision.value);
}

function send() {
  const decision = kept();
  if (!decision || !form()) return;
  if (form().elements.token.value !== decision.fields.token) return forget();
  form().elements.note.value = decision.fields.note;
  form().elements.skip_reason.value = decision.fields.skip_reason;
  button(decision)?.click();
}

const ours = (event) => event.detail.requestConfig?.elt?.id === "decide";
const pressed = (event) => event.detail.requestConfig.triggeringEvent?.submitter;
// Who has to sign in again comes back to the same document: until then the server has not taken the decision either.
const unanswered = (xhr) => !xhr.status || xhr.status >= 500 || xhr.getResponseHeader("HX-Redirect");

document.addEventListener("htmx:beforeRequest", (event) => {
  if (ours(event) && pressed(event)) keep(form(), pressed(event));
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (!ours(event)) return;
  if (kept() && unanswered(event.detail.xhr)) sendAgain();
  else forget();
});

// While a decision is kept, no other one may take its place.
document.addEventListener("click", (event) => {
  const decision = kept();
  if (!decision) return;
  if (event.target.closest("#kept button")) return send();
  const other = event.target.closest("#decide button[name], [form=undo], [form=release]");
  if (!other || other === button(decision)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

addEventListener("online", send);
if (kept()) {
  show(kept());
  setTimeout(send, AGAIN / 4);
}
