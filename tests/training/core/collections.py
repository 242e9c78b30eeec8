"""Small made-up collections: words drawn by Zipf's law, a few documents about something of their own."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

VOCABULARY = [f"{first}{second}{third}" for first in "bdfgklmn" for second in "aeiou" for third in "prstvwxz"]
TOPIC = ["zebrafish", "larvae", "toxicity"]


@dataclass(frozen=True)
class Collection:
    titles: list[str]
    texts: list[str]
    labels: NDArray[np.bool_]


def collection(documents: int = 120, relevant: int = 12, seed: int = 0) -> Collection:
    """Every relevant document holds two of three topic words, and some irrelevant ones hold one."""
    random = np.random.default_rng(seed)
    weights = 1 / np.arange(1, len(VOCABULARY) + 1)
    labels = np.zeros(documents, bool)
    labels[random.permutation(documents)[:relevant]] = True
    texts = []
    for label in labels:
        body = random.choice(VOCABULARY, size=30, p=weights / weights.sum()).tolist()
        topic = random.permutation(TOPIC)[: 2 if label else int(random.random() < 0.2)].tolist()
        texts.append(" ".join(random.permutation([*body, *topic]).tolist()))
    return Collection([text[:20] for text in texts], texts, labels)
