"""Labeling configs to start from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Template:
    """A config with what it is for."""

    name: str
    title: str
    xml: str


def _view(*lines: str) -> str:
    return "\n".join(["<View>", '  <Text name="text" value="$text"/>', *(f"  {line}" for line in lines), "</View>", ""])


ENTITIES = (
    '<Labels name="label" toName="text">',
    '  <Label value="Symptom" background="#e0a100" hotkey="1"/>',
    '  <Label value="Drug" background="teal" hotkey="2"/>',
    '  <Label value="Dose" background="#7a5cd6" hotkey="3"/>',
    "</Labels>",
)
ASSERTIONS = (
    *ENTITIES[:-1],
    '  <Label value="Absent" assertion="true" hotkey="a"/>',
    '  <Label value="Past" assertion="true" hotkey="p"/>',
    "</Labels>",
)
SINGLE = (
    '<Header value="Smoking status"/>',
    '<Choices name="smoking" toName="text" choice="single" required="true" showInLine="true">',
    '  <Choice value="Smoker" hotkey="k"/>',
    '  <Choice value="Past smoker" hotkey="l"/>',
    '  <Choice value="Nonsmoker" hotkey="n"/>',
    "</Choices>",
)
MULTIPLE = (
    '<Header value="Topics"/>',
    '<Choices name="topics" toName="text" choice="multiple">',
    '  <Choice value="Diagnosis"/>',
    '  <Choice value="Treatment"/>',
    '  <Choice value="Family history"/>',
    "</Choices>",
)
RELATIONS = (*ENTITIES, "<Relations>", '  <Relation value="treats" allowed="Drug>Symptom"/>', "</Relations>")

TEMPLATES = (
    Template("entities", "Entities: mark names, parts, symptoms …", _view(*ENTITIES)),
    Template("assertion", "Entities and what is said about them: absent, past …", _view(*ASSERTIONS)),
    Template("single", "One question with one answer", _view(*SINGLE)),
    Template("multiple", "One question with several answers", _view(*MULTIPLE)),
    Template("relations", "Entities and how they belong together", _view(*RELATIONS)),
    Template("mixed", "Everything: entities, assertions and questions", _view(*ASSERTIONS, *SINGLE, *MULTIPLE)),
)
