// The text with its marks. It is cut into pieces of whole lines, and only pieces whose marks changed are drawn anew:
// a book with hundreds of spans stays fluent. Spans may overlap; each stretch of text is one <mark> with all their ids.

const PIECE = 3000; // characters

function* pieces(text) {
  let start = 0;
  while (start < text.length) {
    const wanted = text.indexOf("\n", Math.min(start + PIECE, text.length));
    const end = wanted < 0 ? text.length : wanted + 1;
    yield [start, end];
    start = end;
  }
}

export class Paper {
  constructor(element, text, toneOf) {
    Object.assign(this, { element, text, toneOf });
    this.pieces = [...pieces(text)].map(([start, end]) => {
      const part = document.createElement("div");
      part.className = "piece";
      part.textContent = text.slice(start, end);
      return { start, end, part, drawn: "" };
    });
    element.replaceChildren(...this.pieces.map((piece) => piece.part));
  }

  draw(spans, suggested, selected) {
    const all = [...spans.map((one) => ({ one })), ...suggested.map((one) => ({ one, hint: true }))];
    for (const piece of this.pieces) {
      const here = all.filter(({ one }) => one.value.start < piece.end && one.value.end > piece.start);
      const drawn = here.map(({ one, hint }) => `${one.id}:${one.value.start}:${one.value.end}:${one.value.labels}:${hint ?? ""}:${one.id === selected}`).join("|");
      if (drawn !== piece.drawn) this.#fill(piece, here, selected);
      piece.drawn = drawn;
    }
  }

  #fill(piece, here, selected) {
    const edges = new Set([piece.start, piece.end]);
    for (const { one } of here) {
      edges.add(Math.max(one.value.start, piece.start));
      edges.add(Math.min(one.value.end, piece.end));
    }
    const cuts = [...edges].sort((a, b) => a - b);
    const parts = cuts.slice(1).map((end, place) => this.#stretch(cuts[place], end, here, selected));
    piece.part.replaceChildren(...parts);
  }

  #stretch(start, end, here, selected) {
    const text = this.text.slice(start, end);
    const over = here.filter(({ one }) => one.value.start < end && one.value.end > start);
    if (!over.length) return document.createTextNode(text);
    over.sort((a, b) => (a.one.value.end - a.one.value.start) - (b.one.value.end - b.one.value.start));
    const [top, under] = over;
    const mark = document.createElement("mark");
    mark.textContent = text;
    mark.dataset.ids = over.filter(({ hint }) => !hint).map(({ one }) => one.id).join(" ");
    mark.title = over.map(({ one }) => one.value.labels.join(", ")).join(" · ");
    mark.classList.add("span", ...(top.hint ? ["hint"] : []), ...(over.some(({ one }) => one.id === selected) ? ["selected"] : []));
    this.toneOf(top.one, mark, "tone");
    if (under) {
      mark.classList.add("deep");
      this.toneOf(under.one, mark, "under");
    }
    const closing = over.filter(({ one }) => one.value.end === end);
    if (closing.length) mark.dataset.name = closing.map(({ one }) => one.value.labels.join(", ")).join(" · ");
    return mark;
  }

  // Where a place in the page is in the text; null outside of it.
  placeOf(node, offset) {
    if (node === this.element) return this.pieces[Math.min(offset, this.pieces.length - 1)]?.start ?? 0;
    const piece = this.pieces.find(({ part }) => part.contains(node));
    if (!piece) return null;
    const before = document.createRange();
    before.setStart(piece.part, 0);
    before.setEnd(node, offset);
    return piece.start + before.toString().length;
  }

  // The text node and offset of a place in the text.
  nodeAt(place) {
    const piece = this.pieces.find(({ end }) => place < end) ?? this.pieces.at(-1);
    if (!piece) return [this.element, 0];
    const nodes = document.createTreeWalker(piece.part, NodeFilter.SHOW_TEXT);
    let left = place - piece.start;
    while (nodes.nextNode()) {
      if (left <= nodes.currentNode.length) return [nodes.currentNode, left];
      left -= nodes.currentNode.length;
    }
    return [piece.part, 0];
  }

  // What is selected in the page as places in the text, or null.
  get selection() {
    const chosen = getSelection();
    if (!chosen.rangeCount || chosen.isCollapsed) return null;
    const range = chosen.getRangeAt(0);
    if (!this.element.contains(range.commonAncestorContainer)) return null;
    const [start, end] = [this.placeOf(range.startContainer, range.startOffset), this.placeOf(range.endContainer, range.endOffset)];
    return start === null || end === null || start >= end ? null : [start, end];
  }

  select(start, end) {
    const [from, to] = [this.nodeAt(start), this.nodeAt(end)];
    getSelection().setBaseAndExtent(...from, ...to);
    this.show(start, end);
  }

  // Scrolls so that the place is seen between the top of the window and the bar.
  show(start, end) {
    const range = document.createRange();
    range.setStart(...this.nodeAt(start));
    range.setEnd(...this.nodeAt(Math.max(end, start)));
    const { top, bottom } = range.getBoundingClientRect();
    if (top < 60 || bottom > innerHeight - 120) scrollBy(0, top - innerHeight / 3);
  }
}
