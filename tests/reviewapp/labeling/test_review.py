"""The labeling config goes in and out unchanged, and says what is wrong with it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewapp.errors import Invalid
from reviewapp.labeling import parse, review_field, to_xml

TWO = [("Relevant", "positive", "1"), ("Not relevant", "negative", "2")]
NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp")), min_size=1, max_size=40
)


@given(values=st.lists(NAMES.filter(lambda name: name == name.strip()), min_size=2, max_size=8, unique=True))
def test_every_review_field_survives_being_written_and_read(values: list[str]) -> None:
    roles = ["positive", "negative", *["neutral"] * 6]
    field = review_field("relevance", [(value, role, "") for value, role in zip(values, roles, strict=False)])
    assert parse(to_xml(field)) == field


@pytest.mark.parametrize(
    ("choices", "says"),
    [
        (TWO[:1], "exactly one negative"),
        ([*TWO, ("Relevant", "neutral", "3")], "its own name"),
        ([*TWO, ("Unclear", "neutral", "1")], "one character and belongs to one choice"),
        ([*TWO, ("Unclear", "maybe", "3")], "Unknown role: maybe"),
    ],
)
def test_a_field_that_breaks_a_rule_says_which(choices: list[tuple[str, str, str]], says: str) -> None:
    with pytest.raises(Invalid, match=says):
        review_field("relevance", choices)


@pytest.mark.parametrize(
    ("xml", "says"),
    [
        ("<View><Choices>", "Line 1, column 16: This is not well-formed XML"),
        ("<View/>", "exactly one <Choices> group; this config has 0"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><View/>', "may not be declared"),
        ("<View>" + " " * 300_000 + "</View>", "300,013 bytes"),
    ],
)
def test_a_config_that_cannot_be_read_says_why(xml: str, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        parse(xml)
