"""``manage.py rotate_key``: a new instance key, or what is under former ones brought under the present one."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from models_lib import keys
from models_lib.keys import Rotation
from reviewapp import env

GIVEN = (
    "INSTANCE_KEY is given by the environment, and every model is under it. To change it, set INSTANCE_KEY to a new "
    "key (openssl rand -hex 32) and INSTANCE_KEY_PREVIOUS to the present one, restart every process, run this again."
)


class Command(BaseCommand):
    help = (
        "Make a new instance key and wrap every trained model's data key with it, without touching a sealed file. "
        "What an interrupted run left is finished first. See docs/how-to/keys.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--forget",
            action="store_true",
            help="instead: drop former keys that no model needs; archives made under them cannot be restored then",
        )

    def handle(self, *args: Any, forget: bool, **options: Any) -> None:
        if forget:
            self.stdout.write(f"{keys.forget()} former keys are left.")
            return
        done = keys.rotate()
        if env.text(keys.NAME) and not done.rewrapped and not done.damaged:
            raise CommandError(GIVEN)
        self._tell(done)

    def _tell(self, done: Rotation) -> None:
        if done.made:
            self.stdout.write(
                f"The instance key is a new one, {done.key_id}. Former ones are kept: archives need them."
            )
        elif done.rewrapped:
            self.stdout.write(f"What an earlier key wrapped is under {done.key_id} now. No new key was made.")
        self.stdout.write(f"{done.rewrapped:,} trained models were re-wrapped; no sealed file was touched.")
        if foreign := keys.use().foreign:
            self.stdout.write(f"{foreign:,} were sealed by another instance and stay as they are.")
        if done.damaged:
            numbers = ", ".join(map(str, done.damaged))
            raise CommandError(
                f"These models’ wrapped keys are damaged, so they stay under a former key: {numbers}. "
                "Restore these rows of models_lib_trainedmodel from a backup, then run this again."
            )
