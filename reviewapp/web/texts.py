"""Texts on a page: the beginning of a very long one, the whole of it when somebody asks."""

from dataclasses import dataclass

from django.http import HttpRequest

READ_AT_ONCE = 200_000  # characters


@dataclass(frozen=True)
class Shown:
    """What is drawn of a text, and how many characters are left out."""

    text: str
    left_out: int


def shown(request: HttpRequest, text: str) -> Shown:
    """The text up to :data:`READ_AT_ONCE`, or all of it with ``?whole=1``."""
    cut = text if "whole" in request.GET else text[:READ_AT_ONCE]
    return Shown(cut, len(text) - len(cut))
