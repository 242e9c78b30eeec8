"""``manage.py seed_demo``: people, documents and a review at work, so that every page has something to show."""

import secrets
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction

from reviewapp.management import seeding, seeding_annotation, seeding_library
from reviewapp.models import Workspace


class Command(BaseCommand):
    help = "Make the demo's people, documents, projects and trained models, once; later calls only say how to sign in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--documents", type=int, default=2400)
        parser.add_argument("--decisions", type=int, default=330)

    def handle(self, *args: Any, **options: Any) -> None:
        if not Workspace.objects.filter(name=seeding.WORKSPACE).exists():
            self.stdout.write(f"Writing {options['documents']:,} documents and reviewing some of them…")
            with transaction.atomic():
                seeding_library.seed(seeding.seed(_password(), options["documents"], options["decisions"]))
                seeding_annotation.seed()
        self.stdout.write("")
        for name, role in seeding.PEOPLE.items():
            self.stdout.write(f"  sign in as {name:<10} ({role})")
        self.stdout.write(f"  password for all: {_password()}\n")


def _password() -> str:
    """The demo's password, made once and kept for this person's eyes only."""
    path = settings.DATA_DIR / "demo-password"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(9), encoding="ascii")
    return path.read_text(encoding="ascii")
