"""People and their API tokens."""

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from knox.models import AbstractAuthToken


class User(AbstractUser):  # type: ignore[django-manager-missing] # knox is untyped
    """A person who signs in."""

    preferences = models.JSONField(default=dict, db_default={}, blank=True)  # see reviewapp.domain.preferences

    class Meta(AbstractUser.Meta):
        pass

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class ApiToken(AbstractAuthToken):  # type: ignore[misc] # knox is untyped
    """A named key for REST clients; only its digest is stored."""

    name = models.CharField(max_length=100)
    read_only = models.BooleanField(default=False, db_default=False)  # opens nothing that changes anything


class GuessedSecret(models.Model):
    """How often somebody tried a password or a code of one person from one place; names neither of them."""

    key = models.CharField(max_length=64, primary_key=True)
    tries = ArrayField(models.DateTimeField())
    locked_until = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(auto_now=True, db_index=True)
