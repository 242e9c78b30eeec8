"""This instance's tokenizer."""

from functools import lru_cache

from reviewapp import env
from training.core.tokens import Tokenizer


def tokenizer() -> Tokenizer:
    """Counts words under this instance's key, which never leaves it.

    The key is asked for each time, so that no process goes on with one that is no longer this instance's.
    """
    return _under(env.secret("TOKEN_KEY"))


@lru_cache(maxsize=1)
def _under(key: bytes) -> Tokenizer:
    return Tokenizer(key)
