"""``manage.py verify_audit``: read the audit trail again and compare it with its seals."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reviewapp.domain import chain


class Command(BaseCommand):
    help = "Check the audit trail. Ends with exit code 1 and names each event that was altered, dropped or swapped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--head", default="", help="a digest that must be in the chain, for example from a report")

    def handle(self, *args: Any, head: str, **options: Any) -> None:
        found = chain.verify(head.strip().lower())
        for breach in found.breaches:
            self.stdout.write(str(breach))
        self.stdout.write(
            f"{found.events:,} events under {found.seals:,} seals, {found.unsealed:,} not sealed yet. "
            f"Digest of the newest seal: {found.head}"
        )
        if found.breaches:
            raise CommandError(f"The audit trail is not as it was sealed: {len(found.breaches)} findings.")
