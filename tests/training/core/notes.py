"""Made-up clinical notes with planted entities, some of them denied or past."""

import numpy as np

from training.core.ner.text import Span

SYMPTOMS = ["fever", "chest pain", "dry cough", "nausea", "headache", "joint stiffness", "night sweats", "dizziness"]
DRUGS = ["Zomepirac", "Aldoxol", "Brentazine", "Corvadil", "Dexapron", "Elunitab"]
FRAMES = ["The patient reports {s} since Monday.", "{d} 20 mg was given for {s}.", "She takes {d} daily, and has {s}."]


def notes(number: int, seed: int = 0) -> tuple[list[str], list[list[Span]]]:
    """Texts with their spans, labeled Symptom or Drug."""
    chance = np.random.default_rng(seed)
    texts, spans = [], []
    for _ in range(number):
        text, found = "", []
        for frame in chance.choice(FRAMES, 2):
            picked = {"s": chance.choice(SYMPTOMS), "d": chance.choice(DRUGS)}
            for piece in str(frame).replace("{", "|{").replace("}", "}|").split("|"):
                said = picked.get(piece[1:-1], piece) if piece.startswith("{") else piece
                if piece.startswith("{"):
                    label = "Symptom" if piece == "{s}" else "Drug"
                    found.append(Span(len(text), len(text) + len(said), label))
                text += str(said)
            text += " 🙂 "
        texts.append(text)
        spans.append(found)
    return texts, spans
