"""Categories of trained models: managed before there is any model, in the workspace's order."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from models_lib import categories
from models_lib.models import Category
from reviewapp import access
from reviewapp.api.endpoints import Endpoint, Id, Shape, WorkspaceEndpoint, read
from reviewapp.api.filters import PAGING, refuse_unknown
from reviewapp.api.pagination import page_of_list
from reviewapp.api.schema import operation

MOST = 500


class CategoryOut(serializers.ModelSerializer[Category]):
    workspace = serializers.IntegerField(source="workspace_id")
    models = serializers.IntegerField(source="uses", help_text="Trained models in it that you may see.")

    class Meta:
        model = Category
        fields = ["id", "workspace", "name", "position", "models"]
        read_only_fields = fields


class CategoryIn(Shape):
    name = serializers.CharField(max_length=100, help_text="Spelling counts, to the case.")


class OrderIn(Shape):
    order = serializers.ListField(child=Id(), max_length=MOST, help_text="Every category of the workspace once.")


CONFIRMED = OpenApiParameter(
    "confirmed",
    bool,
    description="true deletes it; without it the answer is 409 and names the models that it would be taken off.",
)


class Categories(WorkspaceEndpoint):
    may = {"GET": "view_models", "POST": "add_choices"}

    @operation("categories.list", gives=CategoryOut, page=True)
    def get(self, request: Request) -> Response:
        """The workspace's categories in their order."""
        refuse_unknown(request, PAGING)
        rows = list(categories.shown(self.person, self.workspace))
        return page_of_list(request, rows, _place, _render)

    @operation("categories.create", takes=CategoryIn, gives=CategoryOut, status=201)
    def post(self, request: Request) -> Response:
        """Add a category behind the others."""
        made = categories.create(self.workspace, self.person, read(CategoryIn, request)["name"])
        shown = CategoryOut(categories.rows(self.person).get(pk=made.pk)).data
        return Response(shown, 201, headers={"Location": f"/api/v1/categories/{made.pk}"})


class CategoryOrder(WorkspaceEndpoint):
    may = {"PUT": "edit_models"}

    @operation("categories.put-order", takes=OrderIn, gives=CategoryOut(many=True))
    def put(self, request: Request) -> Response:
        """Put the workspace's categories into this order."""
        ordered = categories.named(self.workspace, read(OrderIn, request)["order"])
        categories.order(self.workspace, self.person, ordered)
        return Response(_render(list(categories.shown(self.person, self.workspace))))


class OneCategory(Endpoint):
    may = {"GET": "view_models", "PATCH": "edit_models", "DELETE": "delete_models"}
    category: Category

    def enter(self, **address: Any) -> None:
        rows = categories.rows(self.person)
        self.category = access.get(self.person, Category, address["category"], may=self.right, among=rows)

    @operation("categories.get", gives=CategoryOut)
    def get(self, request: Request) -> Response:
        """One category."""
        refuse_unknown(request, set())
        return Response(CategoryOut(self.category).data)

    @operation("categories.rename", takes=CategoryIn, gives=CategoryOut)
    def patch(self, request: Request) -> Response:
        """Give the category another name; its models keep it."""
        categories.rename(self.category, self.person, read(CategoryIn, request)["name"])
        return Response(CategoryOut(self.category).data)

    @operation("categories.delete", status=204, parameters=(CONFIRMED,))
    def delete(self, request: Request) -> Response:
        """Delete the category; the models it was on stay."""
        refuse_unknown(request, {"confirmed"})
        categories.delete(self.category, self.person, confirmed=request.query_params.get("confirmed") == "true")
        return Response(status=204)


def _place(category: Category) -> str:
    return f"{category.position:010d} {category.pk:019d}"


def _render(rows: Sequence[Category]) -> Any:
    return CategoryOut(rows, many=True).data
