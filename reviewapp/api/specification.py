"""The API's own description, and the answer at addresses that are none."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from reviewapp.api import schema
from reviewapp.api.endpoints import Endpoint
from reviewapp.errors import NotFound


@extend_schema(exclude=True)
class Specification(Endpoint):
    def get(self, request: Request) -> Response:
        """This API as an OpenAPI 3.1 document."""
        return Response(schema.document(), content_type="application/vnd.oai.openapi+json;version=3.1")


@extend_schema(exclude=True)
class Nowhere(Endpoint):
    """Any address below the API's that is none of its own."""

    def http_method_not_allowed(self, *args: Any, **address: Any) -> Response:
        raise NotFound("The API has nothing at this address. GET /api/v1/openapi.json lists what there is.")
