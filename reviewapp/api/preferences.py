"""How the pages look to the person whose token this is."""

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reviewapp.api.endpoints import Endpoint, Shape, read
from reviewapp.api.schema import operation
from reviewapp.domain import preferences
from reviewapp.domain.preferences import CHOICES, Preferences

LANGUAGES, THEMES, DENSITIES, READING, KEYS = (
    [value for value, _ in CHOICES[name]] for name in ("language", "theme", "density", "reading", "keys")
)


class PreferencesOut(serializers.Serializer[Preferences]):
    language = serializers.ChoiceField(choices=LANGUAGES, help_text="Of the pages; REST answers are English.")
    theme = serializers.ChoiceField(choices=THEMES)
    density = serializers.ChoiceField(choices=DENSITIES)
    reading = serializers.ChoiceField(choices=READING, help_text="Size of document text.")
    time_zone = serializers.CharField(
        help_text="Of the pages, as `Europe/Berlin`; empty for the server's own. REST is in UTC."
    )
    keys = serializers.ChoiceField(choices=KEYS, help_text="Whether single keys act on the pages.")


class PreferencesIn(Shape):
    language = serializers.ChoiceField(choices=LANGUAGES, required=False)
    theme = serializers.ChoiceField(choices=THEMES, required=False)
    density = serializers.ChoiceField(choices=DENSITIES, required=False)
    reading = serializers.ChoiceField(choices=READING, required=False)
    time_zone = serializers.CharField(max_length=100, allow_blank=True, required=False)
    keys = serializers.ChoiceField(choices=KEYS, required=False)


class OwnPreferences(Endpoint):
    @operation("people.preferences", gives=PreferencesOut)
    def get(self, request: Request) -> Response:
        """How the pages look to you."""
        return Response(PreferencesOut(preferences.of(self.person)).data)

    @operation("people.prefer", takes=PreferencesIn, gives=PreferencesOut)
    def patch(self, request: Request) -> Response:
        """Change what is named, keep the rest."""
        return Response(PreferencesOut(preferences.choose(self.person, **read(PreferencesIn, request))).data)
