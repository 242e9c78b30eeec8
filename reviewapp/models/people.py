"""People and their API tokens."""

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from knox.models import AbstractAuthToken


class User(AbstractUser):  # type: ignore[django-manager-missing] # knox is untyped
    """A person who signs in."""

    preferences = models.JSONField(default=dict, db_default={}, blank=True)  # see reviewapp.domain.preferences
    # Set on whoever comes with a token for one workspace: for this request nothing else is there. Never stored.
    confined_to: int | None = None

    class Meta(AbstractUser.Meta):
        pass

    @property
    def is_operator(self) -> bool:
        """Whether the person may do everything on this server."""
        return self.is_superuser and self.confined_to is None

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Django's, but who is confined to a workspace has no right on the server."""
        return self.confined_to is None and super().has_perm(perm, obj)

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class ApiToken(AbstractAuthToken):  # type: ignore[misc] # knox is untyped
    """A named key for REST clients; only its digest is stored."""

    name = models.CharField(max_length=100)
    read_only = models.BooleanField(default=False, db_default=False)  # opens nothing that changes anything
    # The one workspace that it opens; without one, whatever its person may see.
    workspace = models.ForeignKey("reviewapp.Workspace", null=True, on_delete=models.CASCADE, related_name="+")


class GuessedSecret(models.Model):
    """How often somebody tried a password or a code of one person from one place; names neither of them."""

    key = models.CharField(max_length=64, primary_key=True)
    tries = ArrayField(models.DateTimeField())
    locked_until = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(auto_now=True, db_index=True)
