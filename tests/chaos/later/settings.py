"""The product's settings with the release to come."""

from reviewapp import settings as product
from reviewapp.settings import *  # noqa: F403

INSTALLED_APPS = [*product.INSTALLED_APPS, "tests.chaos.later"]
