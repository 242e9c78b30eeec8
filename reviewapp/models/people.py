"""People and their API tokens."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from knox.models import AbstractAuthToken


class User(AbstractUser):  # type: ignore[django-manager-missing] # knox is untyped
    """A person who signs in."""

    class Meta(AbstractUser.Meta):
        pass

    def __str__(self) -> str:
        return self.get_full_name() or self.username


class ApiToken(AbstractAuthToken):  # type: ignore[misc] # knox is untyped
    """A named key for REST clients; only its digest is stored."""

    name = models.CharField(max_length=100)
