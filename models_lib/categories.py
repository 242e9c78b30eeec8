"""Categories: names that group a workspace's trained models; they can be managed before any model exists (R-38)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import IntegrityError, transaction
from django.db.models import Max

from models_lib.models import Category
from reviewapp import access
from reviewapp.domain import audit
from reviewapp.errors import Conflict, Invalid
from reviewapp.models import User, Workspace


def create(workspace: Workspace, by: User, name: str) -> Category:
    """Add a category behind the others; raises :class:`Invalid` for a name in use (of exactly this spelling)."""
    access.require(by, workspace, "add_choices")
    with _unique_name():
        last = workspace.categories.aggregate(last=Max("position"))["last"] or 0
        category = Category.objects.create(workspace=workspace, name=_named(name), position=last + 1)
        audit.record(by, "category.create", category, workspace, name=category.name)
    return category


def rename(category: Category, by: User, name: str) -> None:
    """Give the category another name; its models keep it."""
    access.require(by, category.workspace, "edit_models")
    with _unique_name():
        audit.record(by, "category.rename", category, category.workspace, was=category.name)
        category.name = _named(name)
        category.save(update_fields=["name"])


def order(workspace: Workspace, by: User, categories: Sequence[Category]) -> None:
    """Put the workspace's categories into this order; raises :class:`Invalid` unless each is named once."""
    access.require(by, workspace, "edit_models")
    with transaction.atomic():
        known = set(workspace.categories.select_for_update().values_list("pk", flat=True))
        if {category.pk for category in categories} != known or len(categories) != len(known):
            raise Invalid("Name every category of the workspace once.", fields={"order": ["Name each one once."]})
        for position, category in enumerate(categories, 1):
            Category.objects.filter(pk=category.pk).update(position=position)
        audit.record(by, "category.order", workspace, workspace)


def delete(category: Category, by: User, *, confirmed: bool = False) -> None:
    """Remove the category; where models carry it :class:`Conflict` names them, unless that is confirmed (R-39)."""
    access.require(by, category.workspace, "edit_models", "delete_models")
    with transaction.atomic():
        names = list(category.models.order_by("name").values_list("name", flat=True))
        if names and not confirmed:
            raise Conflict(
                f"“{category.name}” would be taken off {len(names)} trained model(s): {', '.join(names)}. "
                "Confirm to do so."
            )
        audit.record(by, "category.delete", category, category.workspace, name=category.name, models=len(names))
        category.delete()


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
