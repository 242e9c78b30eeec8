"""The letters of the demo's clinic: the same everywhere, and what is known about them is true."""

import hashlib

from reviewapp.demo import clinic
from reviewapp.labeling import answers, read
from reviewapp.management import seeding_annotation


def test_the_same_seed_writes_the_same_letters() -> None:
    said = [(letter.document, letter.marks, letter.follow_up) for letter in clinic.generate(60)]
    assert said == [(letter.document, letter.marks, letter.follow_up) for letter in clinic.generate(60)]
    assert said[:20] == [(letter.document, letter.marks, letter.follow_up) for letter in clinic.generate(20)]
    assert [each[0] for each in said] != [letter.document for letter in clinic.generate(60, seed=6)]
    digest = hashlib.sha256("".join(document.text for document, _, _ in said).encode()).hexdigest()
    assert digest[:16] == "13407ac7fd272573"


def test_what_is_known_about_a_letter_is_an_answer_to_the_config() -> None:
    config = read(clinic.CONFIG)
    for letter in clinic.generate(60):
        document = answers.Document.of(config, letter.document.text, letter.document.title)
        found = answers.read(config, document, seeding_annotation.results(letter))
        assert sum(1 for _ in answers.spans(found)) >= len(letter.marks)
        for mark in letter.marks:
            assert letter.document.text[mark.start : mark.end].strip()
