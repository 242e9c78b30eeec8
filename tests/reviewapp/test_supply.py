"""What is installed is pinned with digests, and its licences are written down."""

import re
from pathlib import Path

import pytest
from django.core.management import call_command

from reviewapp.env import ROOT
from reviewapp.management.commands import licences

LOCKS = ("requirements.lock", "requirements-dev.lock")


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_is_pinned_with_digests_and_no_registry_is_named(name: str) -> None:
    lock = (ROOT / name).read_text(encoding="utf-8")
    pinned = re.findall(
        r"^\S+==\S+(?: *;[^\\\n]*)?(.*)$((?:\n +--hash=sha256:[0-9a-f]{64}[ \\]*)*)", lock, re.MULTILINE
    )
    assert len(pinned) == len(licences.NAME.findall(lock)) > 50
    assert all(digests for _, digests in pinned)
    assert not re.search(r"https?://|index-url|find-links", lock)


def test_every_package_stands_on_the_page_of_licences() -> None:
    """Another version or licence makes ``manage.py licences`` necessary."""
    page = licences.PAGE.read_text(encoding="utf-8")
    for name, version, licence in licences.rows(ROOT / "requirements.lock"):
        assert f"| {name} |" in page
        if version != licences.OTHER_PLATFORMS:
            assert licence
            assert f"| {name} | {version} | {licence} |" in page


def test_the_page_is_written_by_the_command(tmp_path: Path) -> None:
    call_command("licences", output=tmp_path / "page.md")
    assert (tmp_path / "page.md").read_text(encoding="utf-8").startswith(licences.HEAD)
