// What the annotator has said so far: a list of results that is replaced whole with each change, so that each can be undone.

const name = () => [...crypto.getRandomValues(new Uint8Array(6))].map((byte) => byte.toString(36).padStart(2, "0")).join("");

export class Answer {
  constructor(results, config, changed) {
    this.results = results;
    this.config = config;
    this.changed = changed;
    this.past = [];
    this.future = [];
  }

  get spans() {
    return this.results.filter((one) => one.type === "labels").sort((a, b) => a.value.start - b.value.start || b.value.end - a.value.end);
  }

  get relations() {
    return this.results.filter((one) => one.type === "relation");
  }

  span(id) {
    return this.results.find((one) => one.type === "labels" && one.id === id);
  }

  // The answer to a group: about the document, or about one span.
  choices(group, id) {
    const mine = (one) => one.type === "choices" && one.from_name === group && (id === undefined || one.id === id);
    return this.results.find(mine)?.value.choices ?? [];
  }

  add(label, start, end, text) {
    const twin = this.spans.find((one) => one.from_name === label.set && one.value.start === start && one.value.end === end && one.value.labels[0] === label.value);
    if (twin) return twin.id;
    const id = name();
    const value = { start, end, text, labels: [label.value] };
    this.#change([...this.results, { id, type: "labels", from_name: label.set, to_name: this.config.sets[label.set], value }]);
    return id;
  }

  relabel(id, label) {
    this.#change(this.results.map((one) => one.type === "labels" && one.id === id
      ? { ...one, from_name: label.set, to_name: this.config.sets[label.set], value: { ...one.value, labels: [label.value] } } : one));
  }

  remove(id) {
    this.#change(this.results.filter((one) => one.id !== id && one.from_id !== id && one.to_id !== id));
  }

  choose(group, values, id) {
    const others = this.results.filter((one) => !(one.type === "choices" && one.from_name === group.name && (id === undefined || one.id === id)));
    if (!values.length) return this.#change(others);
    const about = id === undefined ? {} : (({ start, end, text }) => ({ start, end, text }))(this.span(id).value);
    const one = { id: id ?? `choices-${group.name}`, type: "choices", from_name: group.name, to_name: group.toName, value: { ...about, choices: values } };
    return this.#change([...others, one]);
  }

  relate(from, to, label) {
    const same = (one) => one.from_id === from && one.to_id === to && one.labels[0] === label;
    if (from === to || this.relations.some(same)) return;
    this.#change([...this.results, { type: "relation", from_id: from, to_id: to, direction: "right", labels: [label] }]);
  }

  part(relation) {
    this.#change(this.results.filter((one) => one !== relation));
  }

  // Takes over suggested results; what is said already is left as it is.
  accept(results) {
    const [names, taken] = [new Map(), [...this.results]];
    for (const one of results.filter((one) => one.type === "labels")) {
      const twin = taken.find((other) => other.type === "labels" && other.from_name === one.from_name && other.value.start === one.value.start
        && other.value.end === one.value.end && other.value.labels[0] === one.value.labels[0]);
      names.set(one.id, twin?.id ?? name());
      if (!twin) taken.push({ ...one, id: names.get(one.id) });
    }
    for (const one of results) {
      if (one.type === "relation" && names.has(one.from_id) && names.has(one.to_id)) {
        taken.push({ ...one, from_id: names.get(one.from_id), to_id: names.get(one.to_id) });
      } else if (one.type === "choices") {
        const id = names.get(one.id) ?? one.id;
        if (!taken.some((other) => other.type === "choices" && other.from_name === one.from_name && other.id === id)) taken.push({ ...one, id });
      }
    }
    this.#change(taken);
  }

  undo() {
    if (!this.past.length) return;
    this.future.push(this.results);
    this.results = this.past.pop();
    this.changed();
  }

  redo() {
    if (!this.future.length) return;
    this.past.push(this.results);
    this.results = this.future.pop();
    this.changed();
  }

  #change(results) {
    this.past.push(this.results);
    this.future = [];
    this.results = results;
    this.changed();
  }
}
