"""Labeling configs of annotation projects: looked at, and replaced without losing what people said."""

import pytest

from reviewapp.domain import configs, projects
from reviewapp.errors import Conflict, Invalid
from reviewapp.labeling import InvalidConfig
from reviewapp.models import Project
from tests.cast import ANNOTATION_CONFIG, Cast, annotate, chosen, span
from tests.reviewapp.labeling.samples import CLASSES, MIXED


@pytest.mark.parametrize("xml", [CLASSES, MIXED])
def test_the_seed_samples_are_saved_unchanged(annotation: Project, cast: Cast, xml: str) -> None:
    """J-37: to the byte; a project may begin with models from elsewhere."""
    assert configs.preview(xml).is_usable
    made = projects.create_annotation(annotation.workspace, cast.mona, name="Seed", labeling_config=xml)
    assert configs.preview(xml, made).is_usable
    assert configs.change(made, cast.mona, xml).labeling_config == xml
    assert Project.objects.get(pk=made.pk).labeling_config == xml


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (CLASSES.replace('choice="multiple"', 'choice="many"'), "Line 6, column"),
        (CLASSES.replace('name="age"', 'name="gender"'), "gender"),
        (MIXED.replace('assertion="true" model="assertion_jsl', 'assertion="true" model="other', 1), "assertion model"),
        (MIXED.replace("</View>", ""), "Line"),
    ],
)
def test_mistakes_are_told_in_the_preview_and_refused_at_save(
    annotation: Project, cast: Cast, mistake: str, said: str
) -> None:
    """J-31, J-33: with line and column, and nothing is saved."""
    assert any(said in str(problem) for problem in configs.preview(mistake, annotation).examined.errors)
    with pytest.raises(InvalidConfig, match=said):
        configs.change(annotation, cast.mona, mistake)
    assert Project.objects.get(pk=annotation.pk).labeling_config == ANNOTATION_CONFIG


def test_what_somebody_used_has_to_stay(annotation: Project, cast: Cast) -> None:
    item = annotation.items.select_related("document").get(ordinal=0)
    person, part = span(item.document.text, "supplier", "Person"), span(item.document.text, "valve", "Part", "b")
    joined = {"type": "relation", "from_id": "a", "to_id": "b", "labels": ["works with"]}
    annotate(annotation, cast.rita, item, person, part, joined, chosen("topics", "Money"))
    assert configs.used(annotation) == {
        ("label", "Person"), ("label", "Part"), ("", "works with"), ("topics", "Money")
    }  # fmt: skip
    refused = {
        "Person": ANNOTATION_CONFIG.replace('value="Person"', 'value="Human"').replace("Person>", "Human>"),
        "Money": ANNOTATION_CONFIG.replace("Money", "Cash"),
        "works with": ANNOTATION_CONFIG.replace("works with", "repairs"),
        "a multiple choice": ANNOTATION_CONFIG.replace("multiple", "single"),
        "about the document": ANNOTATION_CONFIG.replace('choice="multiple"', 'choice="multiple" perRegion="true"'),
        "an entity label": ANNOTATION_CONFIG.replace('"Part" ', '"Part" assertion="true" '),
    }
    for said, xml in refused.items():
        assert any(said in line for line in configs.preview(xml, annotation).lost), said
        with pytest.raises(Invalid, match=said):
            configs.change(annotation, cast.mona, xml)
    unused = ANNOTATION_CONFIG.replace('<Choice value="Food"/>', '<Choice value="Lunch"/>')
    assert configs.change(annotation, cast.mona, unused).labeling_config == unused


def test_a_review_has_no_config_to_write(project: Project, cast: Cast) -> None:
    with pytest.raises(Conflict):
        configs.change(project, cast.mona, CLASSES)
