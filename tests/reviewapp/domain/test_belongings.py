"""Every table says whose it is: what is missing here would be lost in an archive, or stay behind after a deletion."""

from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.contrib.postgres.fields import ArrayField
from django.db.models import CASCADE, AutoField, Field, ForeignKey, JSONField, Model
from django.db.models.fields import CharField

from models_lib.models import ModelVersion
from reviewapp.domain.belongings import ELSEWHERE, TABLES, Table, carried
from reviewapp.models import User, Workspace

PLACE = "reviewapp/domain/belongings.py"
CARRIED = [table for table in TABLES if not table.not_carried]


def tables() -> Iterator[type[Model]]:
    yield from (model for model in apps.get_models(include_auto_created=True) if model._meta.managed)


def named(table: Table) -> str:
    return table.label


def test_every_table_is_in_one_of_the_two_lists() -> None:
    """T-12: a table that somebody adds is carried by archives, or left out for a reason that is written down."""
    of_workspaces, elsewhere = [table.model for table in TABLES], list(ELSEWHERE)
    missing = [model._meta.label for model in tables() if model not in [*of_workspaces, *elsewhere]]
    assert not missing, (
        f"{', '.join(missing)}: not in {PLACE}. Add a line to TABLES if the rows belong to a workspace (say there "
        "with not_carried= why an archive leaves them out, if it does), or to ELSEWHERE with the reason if not."
    )
    assert not set(of_workspaces) & set(elsewhere)
    assert len(set(of_workspaces)) == len(of_workspaces)


def test_tables_stand_behind_those_they_belong_to() -> None:
    """Rows are deleted from the last table to the first, found by the way to their workspace."""
    seen: list[type[Model]] = []
    for table in TABLES:
        if table.model is not Workspace:
            first = table.within.split("__", maxsplit=1)[0]
            parent = table.model._meta.get_field(first).related_model
            assert parent in seen, f"{table.label}: put it behind {parent} in TABLES of {PLACE}."
        seen.append(table.model)


def test_whatever_goes_with_a_table_is_in_the_list_too() -> None:
    listed = {table.model for table in TABLES}
    for table in TABLES:
        for relation in table.model._meta.get_fields(include_hidden=True):
            if relation.auto_created and not relation.concrete and getattr(relation, "on_delete", None) is CASCADE:
                assert relation.related_model in listed, f"{relation.related_model} goes with {table.label}: list it."


@pytest.mark.parametrize("table", TABLES, ids=named)
def test_what_a_line_names_are_columns_of_its_table(table: Table) -> None:
    columns = {column.name for column in table.model._meta.concrete_fields}
    said = {*table.left, *table.files, *table.plain, *table.named, *table.shaped, *table.passing}
    said |= {name.split(".")[0] for name in table.ids}
    assert said <= columns
    table.model._base_manager.filter(**{table.within: 1}).exists  # noqa: B018 - the way is one that Django knows
    if table.way_to_project:
        table.model._base_manager.filter(**{table.way_to_project: 1})


@pytest.mark.parametrize("table", CARRIED, ids=named)
def test_every_foreign_key_of_a_carried_table_can_be_carried(table: Table) -> None:
    known = {carried_table.model for carried_table in CARRIED} | {User, Permission}
    for column in table.columns:
        if isinstance(column, ForeignKey):
            assert column.related_model in known, (
                f"{table.label}.{column.name} points to {column.related_model}, which archives do not carry: add it to "
                f"left= of the table's line in {PLACE}."
            )


@pytest.mark.parametrize("table", CARRIED, ids=named)
def test_a_column_that_is_not_carried_can_do_without(table: Table) -> None:
    for name in table.left:
        column = table.model._meta.get_field(name)
        assert isinstance(column, Field)
        assert column.null or column.has_default() or isinstance(column, CharField), (table.label, name)


@pytest.mark.parametrize("table", CARRIED, ids=named)
def test_lists_and_json_say_whether_they_hold_row_numbers(table: Table) -> None:
    """Numbers of rows differ after a restore, so whoever adds such a column says what its numbers are."""
    said = {*table.plain, *(name.split(".")[0] for name in table.ids)}
    for column in table.columns:
        numbers = isinstance(column, ArrayField) and not isinstance(column.base_field, CharField)
        if isinstance(column, JSONField) or numbers:
            assert column.name in said, (
                f"{table.label}.{column.name}: say in {PLACE} that it is plain=, or by ids= whose row numbers it holds."
            )


@pytest.mark.parametrize("table", CARRIED, ids=named)
def test_rows_have_numbers_that_an_archive_can_count(table: Table) -> None:
    assert all(column.attname == column.column for column in table.model._meta.concrete_fields)
    key = table.model._meta.pk
    assert isinstance(key, AutoField | ForeignKey) or key.get_internal_type() == "BigAutoField", table.label


@pytest.mark.parametrize("table", CARRIED, ids=named)
def test_every_column_that_names_a_stored_file_is_declared(table: Table) -> None:
    for column in table.columns:
        if column.name in ("artifact", "file", *ModelVersion.FILES):
            assert column.name in table.files, f"{table.label}.{column.name}: add it to files= in {PLACE}."


def test_labels_are_the_names_in_the_archive() -> None:
    assert carried()["reviewapp.document"].model._meta.db_table == "reviewapp_document"
    assert "reviewapp.job" not in carried()
