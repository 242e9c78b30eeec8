"""Who asks: the bearer of an API token, or a signed-in browser."""

from django.db.models import Q
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox import auth
from knox.crypto import hash_token
from rest_framework.exceptions import AuthenticationFailed

from reviewapp.models import ApiToken, User


class TokenAuthentication(auth.TokenAuthentication):  # type: ignore[misc]
    """Knox's tokens, looked up by their digest in one statement; the stock class takes two and fails on odd bytes."""

    def authenticate_credentials(self, token: bytes) -> tuple[User, ApiToken]:
        digest = hash_token(token.decode("latin-1"))
        live = Q(expiry=None) | Q(expiry__gt=timezone.now())
        found = ApiToken.objects.select_related("user").filter(live, digest=digest, user__is_active=True).first()
        if found is None:
            raise AuthenticationFailed("This token is not valid, has expired, or was revoked.")
        return found.user, found


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
