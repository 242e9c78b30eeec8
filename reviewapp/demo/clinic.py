"""Letters of a clinic that does not exist, with the truth about each: symptoms, drugs, doses, and what follows.

No patient, physician or drug in them is real.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from reviewapp.demo.collection import DemoDocument
from reviewapp.demo.grammar import Deck, Narrator
from reviewapp.demo.vocabulary import lines

CONFIG = """<View>
  <Labels name="label" toName="text">
    <Label value="Symptom" background="#e0a100" hotkey="1"/>
    <Label value="Drug" background="teal" hotkey="2"/>
    <Label value="Dose" background="#7a5cd6" hotkey="3"/>
    <Label value="Absent" assertion="true" hotkey="a"/>
    <Label value="Past" assertion="true" hotkey="p"/>
  </Labels>
  <Text name="text" value="$text"/>
  <Relations>
    <Relation value="taken as" allowed="Drug>Dose"/>
  </Relations>
  <Header value="What follows?"/>
  <Choices name="follow_up" toName="text" choice="single" required="true" showInLine="true">
    <Choice value="Urgent" hotkey="u"/>
    <Choice value="Routine" hotkey="r"/>
    <Choice value="None" hotkey="n"/>
  </Choices>
</View>
"""
PATIENTS = lines("""
    Mrs Alma Torvik
    Mr Joren Hasselby
    Ms Petra Lindow
    Mr Amos Quellin
    Mrs Ruth Ondarra
    Ms Nell Farquist
    Mr Tobias Wend
    Mrs Inez Calloway-Prue
    Mr Emil Sandreth
    Ms Dora Vintner
""")
PHYSICIANS = ("Dr Hanne Ulstad", "Dr Osric Pell", "Dr Mirela Vaudry", "Dr Cyrus Amberley")
WARDS = ("cardiology", "pulmonology", "neurology", "rheumatology")
NAMES = {
    "s": lines("""
        chest pain\nshortness of breath\nankle swelling\npalpitations\ndry cough\nfever\nnausea\ndizziness
        headache\nblurred vision\njoint stiffness\nback pain\nnight sweats\nfatigue\nloss of appetite
        numbness of the left hand
    """),
    "d": lines("""
        Corvadil\nBrentazine\nAldoxol\nZomepirin\nLumotrol\nPexamide\nTarvastin\nOndelor\nRespivent\nMiglutane
    """),
    "q": lines("""
        5 mg\n10 mg\n20 mg\n2.5 mg\n50 mg twice daily\n75 mg in the morning\n100 mg at night\ntwo puffs\n0.5 ml
    """),
}  # fmt: skip
LABELS = {"s": "Symptom", "n": "Symptom", "e": "Symptom", "d": "Drug", "q": "Dose"}
ASSERTED = {"n": "Absent", "e": "Past"}
PRESENT = lines("""
    the patient [reports|describes|complains of] <s> for [two|three|several] weeks.
    <s> began [in {week} days|on {day}|after a walk] and [has got worse|comes and goes|keeps the patient awake].
    on admission there was <s> with <s>.
    we were told of <s>, mostly [at night|on the stairs|after meals].
    the main complaint [remains|is] <s>.
    <e> has [gone|not come back] since the last visit, <s> has not.
    <s> followed <e>, which is over now.
""")
DENIED = lines("""
    there was no <n>.
    the patient denies <n> and <n>.
    no sign of <n> [today|at this visit].
    <n> was not [reported|found].
    there has been no <n> since [then|the last visit].
""")
TREATED = lines("""
    <d> <q> was [started|continued].
    we raised <d> to <q>.
    please continue <d> <q> and stop <d>.
    current medication: <d> <q>, <d> <q>.
    the <e> eased with <d>.
    <d> was not tolerated because of <s>.
""")
AROUND = lines("""
    blood pressure was 1{few}0/8{digit}, pulse 7{digit}.
    the ECG of {date} [showed nothing new|is enclosed].
    the patient lives with [a sister|the family|two dogs] and [does not smoke|gave up smoking in {year}].
    laboratory values are [enclosed|within limits].
    thank you for the referral of {date}.
""")
ENDINGS = {
    "Urgent": lines("""
        please send the patient back [at once|the same day] should this return; we ask for a scan within {few} days.
        we advise admission [today|tomorrow]; the bed is booked and the relatives know.
        this needs to be looked at immediately, please ring the ward before {hour}:00.
    """),
    "Routine": lines("""
        we would like to see the patient again in {n} weeks, in the ordinary clinic.
        a check of the values every {few} months is enough, with the family physician.
        the next appointment is on {date}, as usual.
    """),
    "None": lines("""
        no further visit is needed from our side, and we discharge the patient from our care.
        treatment is finished; we close the case with our best wishes.
        nothing else is planned, the patient may return to work.
    """),
}
SHARES = ("Urgent", "Routine", "Routine", "None")
SLOT = re.compile(r"<([snedq])>")


@dataclass(frozen=True)
class Mark:
    """One place in a text with its label, and what the text asserts about it, if anything."""

    start: int
    end: int
    label: str
    assertion: str


@dataclass(frozen=True)
class Letter:
    """A document with everything that an annotator should find in it."""

    document: DemoDocument
    marks: tuple[Mark, ...]
    follow_up: str


def generate(letters: int = 120, seed: int = 5) -> Iterator[Letter]:
    """Generate this many letters one by one; the same number and seed give the same bytes everywhere."""
    random = Random(seed)
    decks = [Deck(templates, random) for templates in (PRESENT, DENIED, TREATED, AROUND)]
    names = {slot: Deck(said, random) for slot, said in NAMES.items()}
    names["n"] = names["e"] = names["s"]
    for number in range(1, letters + 1):
        yield _letter(number, random, decks, names)


def _letter(number: int, random: Random, decks: list[Deck[str]], names: dict[str, Deck[str]]) -> Letter:
    narrator = Narrator(random)
    ward, patient, physician = (_pick(random, said) for said in (WARDS, PATIENTS, PHYSICIANS))
    follow_up = _pick(random, SHARES)
    present, denied, treated, around = decks
    drawn = [present.draws(1 + int(random.random() * 2)), denied.draws(1), treated.draws(2), around.draws(1)]
    paragraphs = [" ".join(narrator.say(sentence) for sentence in sentences) for sentences in drawn]
    ending = narrator.say(_pick(random, ENDINGS[follow_up]))
    parts = [f"Re: {patient}", "Dear colleague,", *paragraphs, ending, f"Kind regards\n{physician}"]
    text, marks = _filled("\n\n".join(parts), names)
    title = f"Letter of the {ward} clinic: {patient}"
    metadata = {"custodian": ward, "from": physician, "sent": f"2024-{1 + number % 12:02}-{1 + number % 28:02}"}
    document = DemoDocument(f"OST-{number:04d}", title, text, metadata, (ward,), relevant=False, topic=ward)
    return Letter(document, marks, follow_up)


def _filled(template: str, names: dict[str, Deck[str]]) -> tuple[str, tuple[Mark, ...]]:
    """Put names into the slots, and say where each of them stands."""
    text, marks = "", []
    pieces = SLOT.split(template)
    for plain, slot in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
        text += plain
        if slot:
            said = names[slot].draw()
            said = said[0].upper() + said[1:] if text.endswith((". ", "\n")) else said
            marks.append(Mark(len(text), len(text) + len(said), LABELS[slot], ASSERTED.get(slot, "")))
            text += said
    return text, tuple(marks)


def _pick(random: Random, said: tuple[str, ...]) -> str:
    return said[int(random.random() * len(said))]
