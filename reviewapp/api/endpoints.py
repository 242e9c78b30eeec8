"""What all endpoints share: who asks, what the address names and whether they may, how answers look.

An endpoint says in ``may`` which right each method needs. The object that the address names is fetched through
:mod:`reviewapp.access` before anything else happens, also before an earlier answer is replayed.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import SAFE_METHODS, IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from reviewapp import access
from reviewapp.access import Right
from reviewapp.api import idempotency, throttling
from reviewapp.api.authentication import SessionAuthentication, TokenAuthentication
from reviewapp.api.parsers import JSONParser
from reviewapp.api.renderers import JSONRenderer
from reviewapp.api.schema import Operation
from reviewapp.domain import projects
from reviewapp.errors import Refused, TooLarge
from reviewapp.models import Project, User, Workspace

MAX_ID = 10**18 - 1


class Negotiation(BaseContentNegotiation):
    """Bodies are read by their declared type; answers are always JSON."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        said = (request.content_type or "").split(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == said), None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class Endpoint(APIView):
    """One address of the API."""

    authentication_classes = [TokenAuthentication, SessionAuthentication]
    permission_classes = [IsAuthenticated]
    renderer_classes = [JSONRenderer]
    parser_classes = [JSONParser]
    content_negotiation_class = Negotiation
    metadata_class = None
    schema = Operation()
    may: ClassVar[Mapping[str, Right]] = {}
    replayed: ClassVar[bool] = True  # whether an answer may be kept for a repeated request
    changes: ClassVar[bool] = True  # whether anything is changed here; if not, a repeated request is answered anew

    @property
    def person(self) -> User:
        """Who asks; signed in, or the request would have been refused."""
        assert isinstance(self.request.user, User)
        return self.request.user

    @property
    def right(self) -> Right:
        """The right that this request needs."""
        return self.may[str(self.request.method)]

    def largest_body(self) -> int:
        """Bytes that the endpoint reads at most; more is refused unread."""
        return settings.DATA_UPLOAD_MAX_MEMORY_SIZE or MAX_ID

    def enter(self, **address: Any) -> None:
        """Fetch what the address names and check the right to it; what belongs to nobody needs nothing."""

    def perform_authentication(self, request: Request) -> None:
        throttling.admit_address(request)
        super().perform_authentication(request)
        if request.user.is_authenticated:
            throttling.admit_client(request)
        if getattr(request.auth, "read_only", False) and request.method not in SAFE_METHODS:
            raise Refused("This token only reads. Make one that may change something for this.")

    def fit(self) -> None:
        """Refuse what the address names when it is of another kind than the endpoint is for."""

    def dispatch(self, request: HttpRequest, *args: Any, **address: Any) -> HttpResponseBase:
        self.args, self.kwargs = args, address
        self.request = self.initialize_request(request, *args, **address)
        self.headers = self.default_response_headers
        try:
            self._refuse_long_bodies()
            self.initial(self.request, *args, **address)
            handler = getattr(self, str(request.method).lower(), self.http_method_not_allowed)
            if handler != self.http_method_not_allowed:
                self.enter(**address)
                self.fit()
            perform = partial(handler, self.request)
            answer = idempotency.once(self.request, perform, kept=self.replayed) if self.changes else perform()
        except Exception as fault:  # noqa: BLE001 - every fault becomes a problem, see problems.handle
            answer = self.handle_exception(fault)
        return self.finalize_response(self.request, answer, *args, **address)

    def _refuse_long_bodies(self) -> None:
        length, limit = str(self.request.META.get("CONTENT_LENGTH") or "0"), self.largest_body()
        if length.isdigit() and int(length) > limit:
            raise TooLarge(f"This address reads at most {limit:,} bytes at a time.")


class WorkspaceEndpoint(Endpoint):
    """An address below one workspace."""

    workspace: Workspace

    def largest_body(self) -> int:
        """Bytes that the endpoint reads at most; more is refused unread."""
        return settings.DATA_UPLOAD_MAX_MEMORY_SIZE or MAX_ID

    def enter(self, **address: Any) -> None:
        self.workspace = access.get(self.person, Workspace, address["workspace"], may=self.right)


class ProjectEndpoint(Endpoint):
    """An address below one project; ``kind`` says of which kind, None for either."""

    project: Project
    kind: ClassVar[Project.Kind | None] = Project.Kind.REVIEW

    def fit(self) -> None:
        if self.kind is not None:
            projects.require(self.project, self.kind)

    def largest_body(self) -> int:
        """Bytes that the endpoint reads at most; more is refused unread."""
        return settings.DATA_UPLOAD_MAX_MEMORY_SIZE or MAX_ID

    def enter(self, **address: Any) -> None:
        self.project = access.get(self.person, Project, address["project"], may=self.right)


class Shape(serializers.Serializer[Any]):
    """What a body may hold; anything else in it is refused by name."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := sorted(set(data) - set(self.fields))):
            known = ", ".join(self.fields)
            raise serializers.ValidationError({str(name): [f"Not a field here. Fields: {known}."] for name in unknown})
        return super().to_internal_value(data)


class Id(serializers.IntegerField):
    """A row's number."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, max_value=MAX_ID, **options)


def read(shape: type[serializers.Serializer[Any]], request: Request, **options: Any) -> dict[str, Any]:
    """The request's body in this shape; raises a validation error that names each wrong field."""
    serializer = shape(data=request.data, **options)
    serializer.is_valid(raise_exception=True)
    validated: dict[str, Any] = serializer.validated_data
    return validated
