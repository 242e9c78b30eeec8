"""Training parameters keep to their ranges and say whether they act."""

import pytest

from reviewapp.errors import Invalid
from training.core.parameters import RANGES, USED, Parameters


def test_all_six_are_taken_and_recorded_with_their_effect() -> None:
    """J-14."""
    given = {"validation_split": 0.1, "epochs": 5, "learning_rate": 0.5, "decay": 0, "dropout": 0.3, "batch": 16}
    parameters = Parameters.of(given)
    for engine, used in USED.items():
        recorded = parameters.record(engine)
        assert {name: each["value"] for name, each in recorded.items()} == given
        assert {name for name, each in recorded.items() if each["effect"] == "used"} == used


def test_the_defaults_lie_in_their_ranges() -> None:
    assert Parameters.of({name: getattr(Parameters(), name) for name in RANGES}) == Parameters()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("validation_split", 0.91),
        ("validation_split", -0.1),
        ("epochs", 0),
        ("epochs", 1001),
        ("epochs", 1.5),
        ("learning_rate", 0),
        ("learning_rate", float("nan")),
        ("learning_rate", float("inf")),
        ("decay", 11),
        ("dropout", 1),
        ("batch", True),
        ("batch", "8"),
        ("rate", 1),
    ],
)
def test_what_is_out_of_range_is_refused_by_name(name: str, value: object) -> None:
    """J-14."""
    with pytest.raises(Invalid) as refused:
        Parameters.of({name: value, "epochs": 5} if name != "epochs" else {name: value})
    assert set(refused.value.fields) == {name}
