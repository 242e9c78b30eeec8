"""This instance's tokenizer."""

from functools import cache

from reviewapp import env
from training.core.tokens import Tokenizer


@cache
def tokenizer() -> Tokenizer:
    """Counts words under this instance's key, which never leaves it."""
    return Tokenizer(env.secret("TOKEN_KEY"))
