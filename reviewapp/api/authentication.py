"""Who asks: the bearer of an API token, or a signed-in browser."""

from django.db import connection
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox import auth
from knox.crypto import hash_token
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from reviewapp.domain import second_factor, sign_ins
from reviewapp.errors import Refused
from reviewapp.models import ApiToken, User
from reviewapp.web import addresses

USER_COLUMNS = [field.attname for field in User._meta.concrete_fields]
TOKEN_COLUMNS = [field.attname for field in ApiToken._meta.concrete_fields]
# Written out, because every request of a client asks it.
BEARER = f"""
SELECT {", ".join(f"u.{name}" for name in USER_COLUMNS)}, {", ".join(f"t.{name}" for name in TOKEN_COLUMNS)}
FROM reviewapp_apitoken t JOIN reviewapp_user u ON u.id = t.user_id
WHERE t.digest = %s AND u.is_active AND (t.expiry IS NULL OR t.expiry > %s)
"""  # noqa: S608 - only our own column names are put in


class TokenAuthentication(auth.TokenAuthentication):  # type: ignore[misc]
    """Knox's tokens, looked up by their digest in one statement; the stock class takes two and fails on odd bytes."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        self._address = addresses.client(request._request)
        found: tuple[User, ApiToken] | None = super().authenticate(request)
        return found

    def authenticate_credentials(self, token: bytes) -> tuple[User, ApiToken]:
        digest = hash_token(token.decode("latin-1"))
        with connection.cursor() as cursor:
            cursor.execute(BEARER, [digest, timezone.now()])
            row = cursor.fetchone()
        if row is None:
            sign_ins.token_failed(digest, self._address)
            raise AuthenticationFailed("This token is not valid, has expired, or was revoked.")
        person = User.from_db(None, USER_COLUMNS, row[: len(USER_COLUMNS)])
        bearer = ApiToken.from_db(None, TOKEN_COLUMNS, row[len(USER_COLUMNS) :])
        person.confined_to = bearer.workspace_id
        return person, bearer


class SessionAuthentication(authentication.SessionAuthentication):
    """A signed-in browser, whose person has the second factor that their role needs."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        found: tuple[User, None] | None = super().authenticate(request)
        if found and second_factor.is_missing_in(request._request.session, found[0]):
            raise Refused("Your role needs a second factor. Add one on your account page.")
        return found


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document describes :class:`SessionAuthentication`."""

    target_class = SessionAuthentication
    name = "cookieAuth"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document describes :class:`TokenAuthentication`."""

    target_class = TokenAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Authorization: Token rvw_…`; tokens are made on the account page.",
        }
