"""What is installed is pinned with digests, and its licences are written down."""

import os
import re
import subprocess
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


BLIND = "#!/bin/sh\necho 'No known vulnerabilities found'\n"
CLEAN = '#!/bin/sh\ncase "$*" in *.lock*) exit 0 ;; esac\necho "django 3.2.0 PYSEC-2021-98"; exit 1\n'
FINDS = '#!/bin/sh\necho "some 1.0 CVE-2026-1"; exit 1\n'


@pytest.mark.parametrize(("program", "code"), [(BLIND, 1), (CLEAN, 0), (FINDS, 1), ("", 2)])
def test_the_audit_fails_when_its_canary_is_not_reported(program: str, code: int, tmp_path: Path) -> None:
    """A tool that audits nothing ends with 0; a package that is known to be broken shows that it looks."""
    auditor = tmp_path / "auditor"
    if program:
        auditor.write_text(program, encoding="utf-8")
        auditor.chmod(0o700)
    asked = {**os.environ, "AUDIT": str(auditor)}
    said = subprocess.run([str(ROOT / ".ci" / "audit")], env=asked, capture_output=True, text=True, check=False)
    assert said.returncode == code, said.stderr
    assert ("canary" in said.stderr) == (program == BLIND)
