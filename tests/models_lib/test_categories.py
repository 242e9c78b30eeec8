"""Categories: names of a workspace, in its order, that models carry."""

from collections.abc import Callable

import pytest

from models_lib import categories, library
from models_lib.models import Category, TrainedModel
from reviewapp.domain import people
from reviewapp.errors import Conflict, Invalid, NotFound, Refused
from reviewapp.models import Project, Workspace
from tests.cast import Cast, exported, trained


def names(workspace: Workspace) -> list[str]:
    return list(workspace.categories.values_list("name", flat=True))


def test_categories_are_managed_before_there_is_any_model(workspace: Workspace, cast: Cast) -> None:
    """R-38: created, renamed, ordered and deleted with zero models."""
    one, two, three = (categories.create(workspace, cast.mona, name) for name in ("One", " Two ", "Three"))
    assert names(workspace) == ["One", "Two", "Three"]
    categories.rename(two, cast.mona, "Second")
    categories.order(workspace, cast.mona, [three, one, two])
    assert names(workspace) == ["Three", "One", "Second"]
    categories.delete(one, cast.mona, confirmed=True)
    assert names(workspace) == ["Three", "Second"]
    assert not TrainedModel.objects.exists()


def test_a_category_moves_up_and_down_and_stays_at_the_ends(workspace: Workspace, cast: Cast) -> None:
    """R-38"""
    made = [categories.create(workspace, cast.mona, name) for name in "abc"]
    categories.move(made[2], cast.mona, up=True)
    assert names(workspace) == ["a", "c", "b"]
    categories.move(made[0], cast.mona, up=False)
    assert names(workspace) == ["c", "a", "b"]
    categories.move(made[2], cast.mona, up=True)
    categories.move(made[1], cast.mona, up=False)
    assert names(workspace) == ["c", "a", "b"]
    made[0].delete()
    with pytest.raises(NotFound):
        categories.move(Category(pk=987_654, workspace=workspace), cast.mona, up=True)


def test_spelling_counts_to_the_case(workspace: Workspace, cast: Cast) -> None:
    """R-47: “Spam Removal” and “spam removal” are two; the same twice is refused."""
    categories.create(workspace, cast.mona, "Spam Removal")
    other = categories.create(workspace, cast.mona, "spam removal")
    for attempt in (
        lambda: categories.create(workspace, cast.mona, "Spam Removal"),
        lambda: categories.rename(other, cast.mona, "Spam Removal"),
        lambda: categories.create(workspace, cast.mona, " "),
        lambda: categories.create(workspace, cast.mona, "x" * 101),
    ):
        with pytest.raises(Invalid):
            attempt()
    assert names(workspace) == ["Spam Removal", "spam removal"]


def test_an_order_names_each_category_once(workspace: Workspace, cast: Cast) -> None:
    one, two = (categories.create(workspace, cast.mona, name) for name in ("One", "Two"))
    theirs = Workspace.objects.get(name="Elsewhere").categories.create(name="Theirs")
    for wrong in ([one], [one, one], [one, two, two], [one, two, theirs]):
        with pytest.raises(Invalid):
            categories.order(workspace, cast.mona, wrong)


def test_deleting_a_category_names_the_models_it_is_taken_off(project: Project, cast: Cast) -> None:
    """R-39: not before that is confirmed; the models stay."""
    spam = categories.create(project.workspace, cast.mona, "Spam removal")
    model = exported(trained(project, cast.rita), cast.mona, categories=[spam])
    with pytest.raises(Conflict, match=r"“Spam removal” would be taken off 1 .*: Valve knowledge"):
        categories.delete(spam, cast.mona)
    assert list(model.categories.all()) == [spam]
    categories.delete(spam, cast.mona, confirmed=True)
    assert list(TrainedModel.objects.get().categories.all()) == []


def test_a_restricted_model_is_neither_named_nor_counted(project: Project, cast: Cast) -> None:
    """R-12: who may not see a model reads the same whether it carries the category or not."""
    spam = categories.create(project.workspace, cast.mona, "Spam removal")
    model = exported(trained(project, cast.rita), cast.mona, categories=[spam])
    library.restrict(model, cast.alice, True, [])
    assert [row.uses for row in categories.shown(cast.mona, project.workspace)] == [0]  # type: ignore[attr-defined]
    assert [row.uses for row in categories.shown(cast.alice, project.workspace)] == [1]  # type: ignore[attr-defined]
    with pytest.raises(Conflict) as carried:
        categories.delete(spam, cast.mona)
    model.categories.clear()
    with pytest.raises(Conflict) as free:
        categories.delete(spam, cast.mona)
    assert carried.value.message == free.value.message


RIGHTS = {
    "create": {"view_models", "add_choices"},
    "rename": {"edit_models"},
    "order": {"edit_models"},
    "move": {"edit_models"},
    "delete": {"edit_models", "delete_models"},
}


@pytest.mark.parametrize(
    ("verb", "missing"), [(verb, missing) for verb, rights in RIGHTS.items() for missing in (None, *sorted(rights))]
)
def test_each_verb_needs_each_of_its_rights(workspace: Workspace, cast: Cast, verb: str, missing: str | None) -> None:
    """SPEC 2.1.3: a choice is added with the right to add choices; the others edit or delete what models carry."""
    category = categories.create(workspace, cast.mona, "One")
    people.grant_rights(workspace, cast.rolf, RIGHTS[verb] - {missing}, cast.alice)
    attempts: dict[str, Callable[[], object]] = {
        "create": lambda: categories.create(workspace, cast.rolf, "Two"),
        "rename": lambda: categories.rename(category, cast.rolf, "Uno"),
        "order": lambda: categories.order(workspace, cast.rolf, [category]),
        "move": lambda: categories.move(category, cast.rolf, up=True),
        "delete": lambda: categories.delete(category, cast.rolf, confirmed=True),
    }
    if missing is None:
        attempts[verb]()
        return
    with pytest.raises(Refused):
        attempts[verb]()
    assert names(workspace) == ["One"]
