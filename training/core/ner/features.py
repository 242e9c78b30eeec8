"""What the model sees of a token: keyed ids of its word, its beginnings, endings and shape, and of its neighbours.

Nothing that leaves here can be read back: a feature is the 64-bit keyed hash of what it says.
"""

from collections.abc import Sequence
from functools import cache
from itertools import groupby

from training.core.ner.text import Sentence
from training.core.tokens import TokenIds

WINDOW = 2
AFFIX = 4  # longest beginning or ending
LONGEST_WORD = 40  # characters of a token that count


class Features:
    """Looks at tokens with one key; another key gives unrelated ids."""

    def __init__(self, key: bytes) -> None:
        self._ids = TokenIds(key)
        self._seen: dict[tuple[str, int], tuple[int, ...]] = {}

    def of(self, sentence: Sentence) -> list[list[int]]:
        """The feature ids of each token."""
        words = [word[:LONGEST_WORD] for word in sentence.words]
        return [self._token(words, place, sentence.breaks[place]) for place in range(len(words))]

    def _token(self, words: Sequence[str], place: int, after_break: bool) -> list[int]:
        found = [self._ids["bias"]]
        for offset in range(-WINDOW, WINDOW + 1):
            if 0 <= place + offset < len(words):
                found += self._word(words[place + offset], offset)
            elif offset == -1 or (offset == 1 and place + 1 == len(words)):
                found.append(self._ids[f"edge {offset}"])
        if after_break:
            found.append(self._ids["line"])
        return found

    def _word(self, word: str, offset: int) -> tuple[int, ...]:
        seen = self._seen.get((word, offset))
        if seen is None:
            if len(self._seen) >= 2**18:
                self._seen.clear()
            said = own(word) if offset == 0 else beside(word, offset)
            seen = self._seen[word, offset] = tuple(self._ids[feature] for feature in said)
        return seen


def own(word: str) -> list[str]:
    """What a token says about itself."""
    lower, (short, exact) = word.lower(), shapes(word)
    found = [f"w={lower}", f"short={short}", f"shape={exact}", *kinds(word)]
    for length in range(1, AFFIX + 1):
        if len(lower) > length:
            found += [f"begins={lower[:length]}", f"ends={lower[-length:]}"]
    return found


def beside(word: str, offset: int) -> list[str]:
    """What a token says about the one that stands ``offset`` before it (negative) or behind."""
    lower = word.lower()
    found = [f"{offset}w={lower}"]
    if abs(offset) == 1:
        found += [f"{offset}short={shapes(word)[0]}", *(f"{offset}{kind}" for kind in kinds(word))]
        if len(lower) > 3:
            found.append(f"{offset}ends={lower[-3:]}")
    return found


def kinds(word: str) -> list[str]:
    """Capitals, digits and punctuation."""
    tests = {
        "upper": word.isupper(),
        "title": word.istitle(),
        "digit": any(map(str.isdigit, word)),
        "number": word.isdigit(),
        "mark": not word.isalnum(),
    }
    return [name for name, holds in tests.items() if holds]


def shapes(word: str) -> tuple[str, str]:
    """ "Xxx-dd" for "Abc-12": with runs drawn together, and as it stands up to eight characters."""
    exact = "".join(map(_shape, word))
    return "".join(kind for kind, _ in groupby(exact)), exact[:8]


@cache
def _shape(character: str) -> str:
    if character.isupper():
        return "X"
    if character.islower():
        return "x"
    if character.isdigit():
        return "d"
    return character if character.isascii() else "o"
