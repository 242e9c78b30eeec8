"""API tokens: a person's own."""

from datetime import datetime
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reviewapp import access
from reviewapp.api.endpoints import Endpoint, Id, Shape, read
from reviewapp.api.filters import PAGING, refuse_unknown
from reviewapp.api.pagination import page_of_list
from reviewapp.api.schema import operation
from reviewapp.domain import tokens
from reviewapp.models import ApiToken, Workspace


class TokenOut(serializers.Serializer[ApiToken]):
    id = serializers.CharField(source="digest", help_text="The digest; the token itself is kept nowhere.")
    name = serializers.CharField()
    created_at = serializers.DateTimeField(source="created")
    expires = serializers.DateTimeField(source="expiry", allow_null=True)
    read_only = serializers.BooleanField(  # type: ignore[assignment] # the metaclass takes it out of DRF's way
        help_text="It changes nothing: requests other than GET are refused."
    )
    workspace = serializers.IntegerField(
        source="workspace_id",
        allow_null=True,
        help_text="The one workspace that it opens: nothing else is there for it. Null: all that you see.",
    )


class NewTokenOut(TokenOut):
    token = serializers.CharField(help_text="Shown this once. Send it as `Authorization: Token …`.")


class TokenIn(Shape):
    name = serializers.CharField(max_length=100)
    expires = serializers.DateTimeField(default=None, allow_null=True)
    read_only = serializers.BooleanField(default=False)  # type: ignore[assignment] # as above
    workspace = Id(default=None, allow_null=True)


class Tokens(Endpoint):
    replayed = False  # the answer is a secret, and stored answers are not

    @operation("tokens.list", gives=TokenOut, page=True)
    def get(self, request: Request) -> Response:
        """Your tokens that have not expired."""
        refuse_unknown(request, PAGING)
        found = sorted(tokens.of(self.person), key=_digest)
        return page_of_list(request, found, _digest, lambda rows: [TokenOut(row).data for row in rows])

    @operation("tokens.create", takes=TokenIn, gives=NewTokenOut, status=201)
    def post(self, request: Request) -> Response:
        """Make a token. A token makes others that expire no later and open no other workspace."""
        asked = read(TokenIn, request)
        expires = _bounded(asked["expires"], request.auth)
        only = None if asked["workspace"] is None else access.get(self.person, Workspace, asked["workspace"])
        token, plain = tokens.create(self.person, asked["name"], expires, read_only=asked["read_only"], workspace=only)
        return Response({**TokenOut(token).data, "token": plain}, 201)


class OneToken(Endpoint):
    @operation("tokens.revoke", status=204)
    def delete(self, request: Request) -> Response:
        """End one of your tokens at once."""
        tokens.revoke(self.person, self.kwargs["token"])
        return Response(status=204)


def _digest(token: ApiToken) -> str:
    return str(token.digest)


def _bounded(wanted: datetime | None, bearer: Any) -> datetime | None:
    """A token that leaks must not outlive its day by making another."""
    latest = bearer.expiry if isinstance(bearer, ApiToken) else None
    return min(filter(None, (wanted, latest)), default=None)
