// The lists beside the text: spans, relations, suggestions. Each line is a button, so that the keyboard reaches it.

function line(text, pressed, ...rest) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "region";
  button.append(...text);
  button.addEventListener("click", pressed);
  item.append(button, ...rest);
  return item;
}

function tool(label, title, pressed) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "button small quiet", textContent: label, title });
  button.setAttribute("aria-label", title);
  button.addEventListener("click", pressed);
  return button;
}

function chip(label, tone) {
  const made = document.createElement("span");
  made.className = "tag";
  made.textContent = label;
  tone(made);
  return made;
}

const shortened = (text) => (text.length > 60 ? `${text.slice(0, 60)}…` : text);

export function drawSpans(list, spans, selected, toneOf, verbs) {
  list.replaceChildren(...spans.map((one) => {
    const label = one.value.labels.join(", ");
    const made = line([chip(label, (part) => toneOf(one, part, "tone")), ` ${shortened(one.value.text)}`], () => verbs.select(one.id));
    made.dataset.id = one.id;
    made.firstChild.setAttribute("aria-pressed", String(one.id === selected));
    return made;
  }));
}

export function drawRelations(list, answer, verbs) {
  list.replaceChildren(...answer.relations.map((one) => {
    const [from, to] = [answer.span(one.from_id), answer.span(one.to_id)];
    const text = `${shortened(from.value.text)} → ${one.labels.join(", ")} → ${shortened(to.value.text)}`;
    return line([text], () => verbs.select(one.from_id), tool("×", `Remove this relation: ${text}`, () => verbs.part(one)));
  }));
}

export function drawSuggestions(list, open, toneOf, verbs) {
  list.replaceChildren(...open.map(({ one, confidence, model }) => {
    const words = one.type === "labels" ? one.value.text : one.from_name;
    const label = one.type === "labels" ? one.value.labels.join(", ") : one.value.choices.join(", ");
    const sure = confidence === null ? "" : ` ${Math.round(100 * confidence)} %`;
    const made = line([chip(label, (part) => toneOf(one, part, "tone")), ` ${shortened(words)}`], () => verbs.show(one), tool(`Accept${sure}`, `Accept ${label}: ${words}`, () => verbs.accept(one)));
    made.title = `Suggested by ${model}${sure && `, confidence${sure}`}`;
    return made;
  }));
}
