"""What a topic is: who writes about it, and in which sentences."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Topic:
    """Sentence templates of one subject; `share` says how often it is talked about among its kind."""

    name: str
    share: int
    senders: tuple[str, ...]
    readers: tuple[str, ...]
    subjects: tuple[str, ...]
    openings: tuple[str, ...]
    details: tuple[str, ...]
    asks: tuple[str, ...]
    rows: tuple[str, ...] = ()
    relevant: bool = False
    language: str = "en"
