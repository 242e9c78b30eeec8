// Places in a text: the server counts code points, the browser UTF-16 units; words are what selecting snaps to.

const WIDE = /[\u{10000}-\u{10ffff}]/gu;
const WORD = /[\p{L}\p{N}\p{M}_]+|[^\s\p{L}\p{N}\p{M}_]/gu;
const LETTER = /[\p{L}\p{N}\p{M}_]/u;

export class Offsets {
  constructor(text) {
    this.text = text;
    this.wide = [...text.matchAll(WIDE)].map((match) => match.index);
  }

  toServer(place) {
    return place - this.#before((index) => this.wide[index] < place);
  }

  toBrowser(place) {
    return place + this.#before((index) => this.wide[index] - index < place);
  }

  // How many wide characters come before; they are sorted.
  #before(isBefore) {
    let [low, high] = [0, this.wide.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(middle)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export function wordFrom(text, place) {
  WORD.lastIndex = place;
  const match = WORD.exec(text);
  return match ? [match.index, match.index + match[0].length] : null;
}

export function wordBefore(text, place) {
  let start = place;
  while (start > 0 && /\s/.test(text[start - 1])) start -= 1;
  if (start === 0) return null;
  const end = start;
  start -= 1;
  if (LETTER.test(text[start])) while (start > 0 && LETTER.test(text[start - 1])) start -= 1;
  return [start, end];
}

// Without white space around it, and with whole words at its ends unless parts of words are wanted.
export function snapped(text, from, to, exact) {
  let [start, end] = [from, to];
  while (start < end && /\s/.test(text[start])) start += 1;
  while (end > start && /\s/.test(text[end - 1])) end -= 1;
  if (exact || start >= end) return [start, end];
  if (LETTER.test(text[start])) while (start > 0 && LETTER.test(text[start - 1])) start -= 1;
  if (LETTER.test(text[end - 1])) while (end < text.length && LETTER.test(text[end])) end += 1;
  return [start, end];
}
