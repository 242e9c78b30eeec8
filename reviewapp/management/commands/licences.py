"""``manage.py licences``: every package that runs in production with its licence, as docs/reference/dependencies.md."""

import re
from argparse import ArgumentParser
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from reviewapp import env

PAGE = env.ROOT / "docs" / "reference" / "dependencies.md"
HEAD = """# Dependencies

What `requirements.lock` installs, with the licence that each package states. Written by `manage.py licences`. The same
list with digests, as CycloneDX: `make sbom` writes `sbom.json`.

| package | version | licence |
|---|---|---|
"""
NAME = re.compile(r"^([\w.-]+)==", re.MULTILINE)
OTHER_PLATFORMS = "not installed here"


class Command(BaseCommand):
    help = "Write docs/reference/dependencies.md anew."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--output", type=Path, default=PAGE)

    def handle(self, *args: Any, **options: Any) -> None:
        options["output"].write_text(page(env.ROOT / "requirements.lock"), encoding="utf-8")


def page(lock: Path) -> str:
    """The whole page."""
    return HEAD + "".join(f"| {' | '.join(row)} |\n" for row in rows(lock))


def rows(lock: Path) -> Iterator[tuple[str, str, str]]:
    """``(package, version, licence)`` of everything that the lock names."""
    for name in sorted(set(NAME.findall(lock.read_text(encoding="utf-8")))):
        try:
            about = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            yield name, OTHER_PLATFORMS, "–"
        else:
            yield name, about["Version"], licence(about)


def licence(about: metadata.PackageMetadata) -> str:
    """The SPDX expression where there is one, else what the classifiers say, else the free text's first line."""
    known = [line.rsplit(" :: ", 1)[-1] for line in about.get_all("Classifier") or () if line.startswith("License ::")]
    said = _first(about, "License-Expression") or ", ".join(known) or _first(about, "License")
    return said.strip().split("\n")[0]


def _first(about: metadata.PackageMetadata, field: str) -> str:
    return str((about.get_all(field) or [""])[0])
