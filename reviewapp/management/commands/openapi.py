"""Write the OpenAPI document."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from reviewapp.api import schema

COMMITTED = "docs/openapi.json"


class Command(BaseCommand):
    help = f"Write {COMMITTED}, or with --check say whether it is up to date."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        place = Path(settings.BASE_DIR) / COMMITTED
        written = json.dumps(schema.document(), indent=1, ensure_ascii=False) + "\n"
        if not check:
            place.write_text(written, encoding="utf-8")
        elif not place.exists() or place.read_text(encoding="utf-8") != written:
            raise CommandError(f"{COMMITTED} is out of date. Run: manage.py openapi")
