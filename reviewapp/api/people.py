"""The people of a workspace."""

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from reviewapp import access
from reviewapp.api.endpoints import Endpoint, Shape, WorkspaceEndpoint, read
from reviewapp.api.filters import PAGING, refuse_unknown
from reviewapp.api.pagination import page_of_list
from reviewapp.api.schema import operation
from reviewapp.domain import people
from reviewapp.errors import NotFound
from reviewapp.models import User, Workspace

GIVEN = list(people.ROLES)
ROLES = [*GIVEN, people.CUSTOM]
RIGHTS = list(access.RIGHTS)


class MemberOut(serializers.Serializer[people.Member]):
    username = serializers.CharField(source="user.username")
    name = serializers.CharField(source="user.get_full_name")
    role = serializers.ChoiceField(choices=ROLES)
    rights = serializers.SerializerMethodField()

    def get_rights(self, member: people.Member) -> list[str]:
        return [right for right in RIGHTS if right in member.rights]


class RoleIn(Shape):
    role = serializers.ChoiceField(choices=GIVEN, required=False)
    rights = serializers.ListField(
        child=serializers.ChoiceField(choices=RIGHTS), required=False, help_text="Just these instead of a role's."
    )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if ("role" in given) == ("rights" in given):
            raise serializers.ValidationError({"role": ["Give either a role or rights."]})
        return given


class MeOut(serializers.Serializer[User]):
    id = serializers.IntegerField()
    username = serializers.CharField()
    name = serializers.CharField(source="get_full_name")
    email = serializers.CharField()
    operator = serializers.BooleanField(source="is_operator", help_text="May do everything on this server.")


class Me(Endpoint):
    @operation("people.me", gives=MeOut)
    def get(self, request: Request) -> Response:
        """Who this token or session belongs to."""
        return Response(MeOut(self.person).data)


class People(WorkspaceEndpoint):
    may = {"GET": "view"}

    @operation("people.list", gives=MemberOut, page=True)
    def get(self, request: Request) -> Response:
        """Everybody with a role in the workspace, by user name."""
        refuse_unknown(request, PAGING)
        members = sorted(people.members(self.workspace), key=_username)
        return page_of_list(request, members, _username, _shown)


class Person(WorkspaceEndpoint):
    may = {"PUT": "administer", "DELETE": "administer"}

    def enter(self, **address: Any) -> None:
        super().enter(**address)
        self.username: str = address["username"]

    @operation("people.put", takes=RoleIn, gives=MemberOut)
    def put(self, request: Request) -> Response:
        """Give the person this role in the workspace, or just these rights, instead of any other."""
        person, given = people.find(self.username), read(RoleIn, request)
        if "role" in given:
            member = people.grant(self.workspace, person, given["role"], self.person)
        else:
            member = people.grant_rights(self.workspace, person, given["rights"], self.person)
        return Response(MemberOut(member).data)

    @operation("people.remove", status=204)
    def delete(self, request: Request) -> Response:
        """Take the person's role away; what they have checked out goes back to the queue."""
        people.remove(self.workspace, _member(self.workspace, self.username), self.person)
        return Response(status=204)


def _username(member: people.Member) -> str:
    return member.user.username


def _member(workspace: Workspace, username: str) -> User:
    person = User.objects.filter(username=username, pk__in=workspace.grants.values("user")).first()
    if person is None:
        raise NotFound(f"Nobody of the user name “{username}” has a role in this workspace.")
    return person


def _shown(members: Sequence[people.Member]) -> list[Any]:
    return [MemberOut(member).data for member in members]
