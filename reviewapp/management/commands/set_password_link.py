"""``manage.py set_password_link``: a link by which a person sets their password once."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from reviewapp.domain import accounts, people
from reviewapp.errors import Invalid


class Command(BaseCommand):
    help = "Print a link that sets a person's password once, within a day. Only they should read it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--create", action="store_true", help="make the account first, without any right")
        parser.add_argument("--email", default="", help="of the new account; single sign-on finds it by that")
        site = next(iter(settings.CSRF_TRUSTED_ORIGINS), "http://127.0.0.1:8000")
        parser.add_argument("--site", default=site, help="the address of this server in people's browsers")

    def handle(self, *args: Any, username: str, create: bool, email: str, site: str, **options: Any) -> None:
        try:
            user = accounts.create(username, email) if create else people.find(username)
        except Invalid as problem:
            raise CommandError(problem.message) from problem
        self.stdout.write(site.rstrip("/") + accounts.password_link(user))
