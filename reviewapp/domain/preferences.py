"""What a person likes to see: language, theme, density, size of texts, time zone, whether single keys act."""

import zoneinfo
from dataclasses import asdict, dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reviewapp.domain import audit
from reviewapp.errors import Invalid
from reviewapp.models import User

# Names of places; the others are for programs, or of another time.
ZONES = sorted(name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith("Etc/"))
# What may be chosen, the ordinary choice first.
CHOICES: dict[str, tuple[tuple[str, str | Promise], ...]] = {
    "language": (("browser", gettext_lazy("As the browser says")), *settings.LANGUAGES),
    "theme": (
        ("system", gettext_lazy("As the system says")),
        ("light", gettext_lazy("Light")),
        ("dark", gettext_lazy("Dark")),
    ),
    "density": (
        ("comfortable", gettext_lazy("Comfortable")),
        ("compact", gettext_lazy("Compact: more rows on a screen")),
    ),
    "reading": (
        ("normal", gettext_lazy("Normal")),
        ("large", gettext_lazy("Large")),
        ("largest", gettext_lazy("Largest")),
    ),
    "time_zone": (
        ("", format_lazy(gettext_lazy("As this server: {zone}"), zone=settings.TIME_ZONE)),
        ("UTC", "UTC"),
        *((name, name) for name in ZONES),
    ),
    "keys": (
        ("on", gettext_lazy("On")),
        ("off", gettext_lazy("Off: nothing happens when a letter or digit is struck")),
    ),
}


@dataclass(frozen=True)
class Preferences:
    """One choice for each name of :data:`CHOICES`."""

    language: str = "browser"
    theme: str = "system"
    density: str = "comfortable"
    reading: str = "normal"
    time_zone: str = ""
    keys: str = "on"


def of(user: User | AnonymousUser) -> Preferences:
    """What the person chose; what they never chose is as it is for everybody."""
    kept = user.preferences if isinstance(user, User) else {}
    return Preferences(**{name: value for name, value in kept.items() if name in CHOICES})


def choose(user: User, **chosen: str) -> Preferences:
    """Change what is named, keep the rest; raises :class:`Invalid` for what cannot be chosen."""
    wrong = {name: value for name, value in chosen.items() if value not in dict(CHOICES.get(name, ()))}
    if wrong:
        told = {name: [_("Not %(value)s.") % {"value": value}] for name, value in wrong.items()}
        raise Invalid(_("There is no such choice."), fields=told)
    with transaction.atomic():
        kept: dict[str, Any] = User.objects.select_for_update().get(pk=user.pk).preferences
        user.preferences = kept | asdict(of(user)) | chosen
        user.save(update_fields=["preferences"])
        audit.record(user, "person.preferences", user, None, **chosen)
    return of(user)
