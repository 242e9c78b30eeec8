"""``manage.py alive beat``: whether one background process lives, for health checks of containers and supervisors."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from reviewapp.domain.health import ALIVE
from reviewapp.models import Heartbeat


class Command(BaseCommand):
    help = "End with exit code 0 when the process was seen in the last 30 seconds, else with 1."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="beat, or worker:<queue>@<host>")

    def handle(self, *args: Any, **options: Any) -> None:
        if not Heartbeat.objects.filter(name=options["name"], at__gte=timezone.now() - ALIVE).exists():
            raise CommandError(f"{options['name']} was not seen in the last {ALIVE.total_seconds():.0f} seconds.")
