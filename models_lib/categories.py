"""Categories: names that group a workspace's trained models; they can be managed before any model exists (R-38)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import IntegrityError, transaction
from django.db.models import Count, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from models_lib.models import Category, TrainedModel
from reviewapp import access
from reviewapp.domain import audit
from reviewapp.errors import Conflict, Invalid
from reviewapp.models import User, Workspace

UNSEEN = "Models that you may not see lose it as well."


def rows(user: User) -> QuerySet[Category]:
    """Categories with the number of their models that the person may see, as ``uses``."""
    carried = access.visible(user, TrainedModel, among=TrainedModel.objects.filter(categories=OuterRef("pk")))
    uses = carried.order_by().values("categories").annotate(n=Count("pk")).values("n")
    return Category.objects.annotate(uses=Coalesce(Subquery(uses), 0))


def shown(user: User, workspace: Workspace) -> QuerySet[Category]:
    """The workspace's categories in their order."""
    return rows(user).filter(workspace=workspace)


def named(workspace: Workspace, pks: Sequence[int]) -> list[Category]:
    """The workspace's categories of these primary keys, in the order given; raises :class:`Invalid` for others."""
    known = workspace.categories.in_bulk(pks)
    if unknown := [pk for pk in pks if pk not in known]:
        message = f"No categories of this workspace: {', '.join(map(str, unknown))}."
        raise Invalid(message, fields={"categories": [message]})
    return [known[pk] for pk in pks]


def carriers(category: Category, user: User) -> list[TrainedModel]:
    """The models in the category, as far as the person may see them, by name."""
    return list(access.visible(user, TrainedModel, among=category.models.all()).order_by("name"))


def create(workspace: Workspace, by: User, name: str) -> Category:
    """Add a category behind the others; raises :class:`Invalid` for a name in use (of exactly this spelling)."""
    access.require(by, workspace, "view_models", "add_choices")
    with _unique_name():
        last = workspace.categories.aggregate(last=Max("position"))["last"] or 0
        category = Category.objects.create(workspace=workspace, name=_named(name), position=last + 1)
        audit.record(by, "category.create", category, workspace, name=category.name)
    return category


def rename(category: Category, by: User, name: str) -> None:
    """Give the category another name; its models keep it."""
    access.require(by, category.workspace, "edit_models")
    was = category.name
    with _unique_name():
        category.name = _named(name)
        category.save(update_fields=["name"])
        audit.record(by, "category.rename", category, category.workspace, was=was, name=category.name)


def order(workspace: Workspace, by: User, categories: Sequence[Category]) -> None:
    """Put the workspace's categories into this order; raises :class:`Invalid` unless each is named once."""
    access.require(by, workspace, "edit_models")
    with transaction.atomic():
        known = {category.pk for category in _locked(workspace)}
        if {category.pk for category in categories} != known or len(categories) != len(known):
            raise Invalid("Name every category of the workspace once.", fields={"order": ["Name each one once."]})
        for position, category in enumerate(categories, 1):
            category.position = position
        Category.objects.bulk_update(categories, ["position"])
        audit.record(by, "category.order", workspace, workspace)


def move(category: Category, by: User, *, up: bool) -> None:
    """Let the category change places with its neighbour above or below; the first and the last have nowhere to go."""
    access.require(by, category.workspace, "edit_models")
    with transaction.atomic():
        known = _locked(category.workspace)
        if category not in known:
            raise access.not_found(Category)
        place = known.index(category)
        other = place - 1 if up else place + 1
        if 0 <= other < len(known):
            known[place], known[other] = known[other], known[place]
            order(category.workspace, by, known)


def delete(category: Category, by: User, *, confirmed: bool = False) -> None:
    """Remove the category; :class:`Conflict` names the models that it would be taken off, until confirmed (R-39).

    What the person may not see is neither named nor counted, and is spoken of in any case (R-12).
    """
    access.require(by, category.workspace, "edit_models", "delete_models")
    with transaction.atomic():
        if not confirmed:
            raise Conflict(f"{_lost(category, by)} {UNSEEN} Confirm to delete it.")
        audit.record(by, "category.delete", category, category.workspace, name=category.name)
        category.delete()


def _lost(category: Category, by: User) -> str:
    names = [model.name for model in carriers(category, by)]
    if not names:
        return f"No trained model that you see is in “{category.name}”."
    return f"“{category.name}” would be taken off {len(names)} trained model(s): {', '.join(names)}."


def _locked(workspace: Workspace) -> list[Category]:
    return list(workspace.categories.select_for_update())


def _named(name: str) -> str:
    if not 1 <= len(name.strip()) <= 100:
        raise Invalid("A category needs a name of at most 100 characters.", fields={"name": ["1 to 100 characters."]})
    return name.strip()


@contextmanager
def _unique_name() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError as problem:
        message = "There is a category of exactly this name already."
        raise Invalid(message, fields={"name": [message]}) from problem
