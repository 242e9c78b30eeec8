"""Made-up annotated notes of a project that asks for entities, what is said of them, and one choice."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from reviewapp.formats import Answer, Completion, Region, Result, Task
from reviewapp.labeling import read
from training.annotation.models import Keyed
from training.annotation.trainer import Asked, Training, Watcher, train
from training.core.parameters import Parameters

XML = """<View>
  <Text name="text" value="$text"/>
  <Labels name="label" toName="text">
    <Label value="Symptom" background="#ffcc00"/>
    <Label value="Drug"/>
    <Label value="Present" assertion="true"/>
    <Label value="Absent" assertion="true"/>
  </Labels>
  <Header value="Gender"/>
  <Choices name="gender" toName="text" choice="single"><Choice value="Female"/><Choice value="Male"/></Choices>
  <Choices name="age" toName="text" choice="single"><Choice value="Child"/><Choice value="Adult"/></Choices>
  <Choices name="risk" toName="text" choice="multiple"><Choice value="Smoker"/><Choice value="Drinker"/></Choices>
</View>
"""
CONFIG = read(XML)
KEYED = Keyed(b"a key")
SYMPTOMS = ["fever", "chest pain", "dry cough", "nausea", "headache", "joint stiffness"]
DRUGS = ["Zomepirac", "Aldoxol", "Brentazine", "Corvadil"]
SAID = {"Present": ["reports {s}", "has {s}", "was admitted with {s}"], "Absent": ["denies {s}", "has no {s}"]}
AGES = {"Child": "The boy came from school with his toys.", "Adult": "He works in an office and pays a mortgage."}
GENDERS = {"Female": "She is a mother.", "Male": "He is a father."}
RISKS = {"Smoker": "A pack of cigarettes daily.", "Drinker": "Two glasses of wine a day."}
FAST = Parameters(epochs=8)


def note(seed: int, **said: object) -> Task:
    """One note with one completion that annotates all of it."""
    chance = np.random.default_rng(seed)
    status = str(chance.choice(list(SAID)))
    text, results = "The patient ", list[Result]()
    frame = str(chance.choice(SAID[status]))
    symptom, drug = str(chance.choice(SYMPTOMS)), str(chance.choice(DRUGS))
    before, after = frame.split("{s}")
    text += before
    results += [_region(text, symptom, "Symptom", 1), _region(text, symptom, status, 2)]
    text += f"{symptom}{after} 🙂. On {seed} May "
    results.append(_region(text, drug, "Drug", 3))
    age, gender = str(chance.choice(list(AGES))), str(chance.choice(list(GENDERS)))
    risks = [name for name in RISKS if chance.random() < 0.5]
    text = " ".join([f"{text}{drug} was given.", AGES[age], GENDERS[gender], *(RISKS[name] for name in risks)])
    results += [Answer((age,), "a", "age", "text"), Answer((gender,), "g", "gender", "text")]
    results += [Answer(tuple(risks), "k", "risk", "text")] * bool(risks)
    return replace(Task({"text": text}, id=seed, completions=(Completion(tuple(results)),)), **said)  # type: ignore[arg-type]


def notes(number: int, first: int = 0) -> list[Task]:
    return [note(seed) for seed in range(first, first + number)]


def trained(
    tasks: Sequence[Task], asked: Asked | None = None, xml: str = XML, watcher: Watcher | None = None
) -> Training:
    return train(read(xml), tasks, asked or Asked(FAST, project="Ward 3"), KEYED, watcher or Watcher())


def _region(before: str, said: str, label: str, number: int) -> Region:
    return Region(len(before), len(before) + len(said), (label,), said, f"r{number}", "label", "text")
