"""``manage.py retain``: drop the payloads of superseded versions that nobody pinned."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from models_lib import retention

MINUTE = timedelta(minutes=1)


class Command(BaseCommand):
    help = "Drop the payloads of superseded, unpinned model versions; the beat process does it once an hour."

    def add_arguments(self, parser: CommandParser) -> None:
        minutes = retention.KEEP // MINUTE
        parser.add_argument(
            "--superseded-for", type=int, default=minutes, metavar="MINUTES", help=f"{minutes} if unsaid"
        )

    def handle(self, *args: Any, superseded_for: int, **options: Any) -> None:
        dropped = retention.retain(superseded_for * MINUTE)
        print(f"Dropped the payloads of {dropped:,} versions; their rows, figures and inputs stay.")
