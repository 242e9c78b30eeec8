"""What a migration may do once there are reviewers whom it could hold up."""

import pytest
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django_migration_linter import MigrationLinter
from django_migration_linter.sql_analyser.analyser import analyse_sql_statements, get_sql_analyser_class

# The first release starts from these: nobody has an older database that is at work while they run.
FIRST_RELEASE = {"reviewapp": 199, "models_lib": 199}
HOLDS_UP = "ALTER TABLE reviewapp_project ADD COLUMN later integer NOT NULL"


def later() -> list[Migration]:
    """The migrations since the first release."""
    found = MigrationLoader(None).disk_migrations
    return [found[name] for name in sorted(found) if int(name[1][:4]) > FIRST_RELEASE.get(name[0], 9999)]


@pytest.fixture
def linter(db: None) -> MigrationLinter:
    return MigrationLinter(analyser_string="postgresql", no_cache=True, no_output=True)


def test_no_migration_since_the_first_release_holds_review_up(linter: MigrationLinter) -> None:
    """T-10: django-migration-linter finds nothing that breaks the release before it or locks a table for long."""
    for migration in later():
        linter.lint_migration(migration)
    assert not linter.has_errors, f"{linter.nb_erroneous} migrations hold review up: run the linter on them."


def test_the_linter_finds_a_migration_that_would(linter: MigrationLinter) -> None:
    """A tool that finds nothing anywhere would be content too."""
    analyser = get_sql_analyser_class("postgresql")
    errors, _, _ = analyse_sql_statements(analyser, [HOLDS_UP], [])
    assert [error.code for error in errors] == ["NOT_NULL"]


def test_every_migration_has_a_number_and_most_belong_to_the_first_release() -> None:
    ours = [name for name in MigrationLoader(None).disk_migrations if name[0] in FIRST_RELEASE]
    assert len(ours) > 20
    assert all(number.isdigit() for number in (name[1][:4] for name in ours))
