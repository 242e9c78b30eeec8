"""Archives from the command line; the passphrase is never an argument."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from reviewapp.archives.stream import LEAST_WORK
from reviewapp.models import Archive, Project, Workspace
from tests.cast import Cast, fresh, trained

PASSPHRASE = "seven green valves at noon"


@pytest.fixture(autouse=True)
def quick_passphrases(settings: Settings) -> None:
    settings.ARCHIVE_WORK = LEAST_WORK


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_text(f"{PASSPHRASE}\n", encoding="utf-8")
    return path


def run(*words: object) -> str:
    out = StringIO()
    call_command(*map(str, words), stdout=out)
    return out.getvalue()


def test_a_workspace_goes_to_a_file_is_checked_and_comes_back(
    project: Project, cast: Cast, secret: Path, tmp_path: Path
) -> None:
    trained(project, cast.rita)
    file = tmp_path / "halden.rvarchive"
    said = run("archive", "--workspace", "Halden", "--to", file, "--passphrase-file", secret)
    assert "content " in said
    assert (file.stat().st_mode & 0o077, Archive.objects.count()) == (0, 0)
    checked = run("restore_archive", file, "--check", "--passphrase-file", secret)
    assert "whole" in checked
    assert "made by this instance" in checked
    assert Workspace.objects.count() == 2
    told = run("restore_archive", file, "--name", "From a file", "--passphrase-file", secret)
    assert "Restored as “From a file”: 60 documents" in told
    assert fresh(Project.objects.get(workspace__name="From a file")).version is not None
    assert file.exists()
    assert not Archive.objects.exists()


def test_the_environment_may_hold_the_passphrase(
    project: Project, secret: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARCHIVE_PASSPHRASE_FILE", str(secret))
    run("archive", "--workspace", "Halden", "--to", tmp_path / "a")
    assert "whole" in run("restore_archive", tmp_path / "a", "--check")


def test_refusals_are_said_and_end_with_an_error(project: Project, cast: Cast, secret: Path, tmp_path: Path) -> None:
    file = tmp_path / "a"
    for words, said in (
        (("archive", "--workspace", "Nowhere", "--to", file), "no workspace"),
        (("archive", "--workspace", "Halden", "--to", secret), "there already"),
        (("archive", "--workspace", "Halden", "--to", file, "--by", "rita"), "takes an admin"),
        (("restore_archive", tmp_path / "missing"), "no file"),
        (("restore_archive", secret), "not an archive"),
        (("purge_learning", "--workspace", "Halden", "--confirm", "halden"), "Type the workspace"),
    ):
        more = () if words[0] == "purge_learning" else ("--passphrase-file", secret)
        with pytest.raises(CommandError, match=said):
            run(*words, *more)
    assert Workspace.objects.count() == 2


def test_a_purge_names_what_goes_and_wants_the_name(project: Project, cast: Cast) -> None:
    """R-02: as a command."""
    with pytest.raises(CommandError, match="Type the workspace"):
        run("purge_learning", "--workspace", "Halden")
    assert Project.objects.count() == 1
    said = run("purge_learning", "--workspace", "Halden", "--confirm", "Halden")
    assert "1 projects (Valves)" in said
    assert not Project.objects.exists()
