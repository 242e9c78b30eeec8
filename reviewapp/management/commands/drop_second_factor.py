"""``manage.py drop_second_factor``: for somebody who lost theirs and the recovery codes with it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reviewapp.domain import people, second_factor
from reviewapp.errors import Invalid


class Command(BaseCommand):
    help = "Take every second factor of a person away. Make sure first who asks. See docs/how-to/accounts.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, username: str, **options: Any) -> None:
        try:
            second_factor.drop(people.find(username), None)
        except Invalid as problem:
            raise CommandError(problem.message) from problem
        self.stdout.write(f"{username} signs in by password alone now.")
