"""The *Fields* tab of a workspace: the categories of its trained models, which need no model to be managed."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from models_lib import categories
from models_lib.models import Category
from reviewapp import access
from reviewapp.access import Right
from reviewapp.errors import Invalid
from reviewapp.models import Workspace
from reviewapp.web import refusals
from reviewapp.web.pages import Request, draw


class CategoryForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("New category"), max_length=100, widget=forms.TextInput({"autocomplete": "off"})
    )


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: Request, pk: int) -> HttpResponse:
    """The categories in their order; a new one is added here."""
    may: Right = "add_choices" if request.method == "POST" else "view_models"
    workspace = access.get(request.user, Workspace, pk, may=may)
    form = CategoryForm(request.POST or None)
    if form.is_valid():
        try:
            categories.create(workspace, request.user, form.cleaned_data["name"])
            return redirect("fields", pk)
        except Invalid as problem:
            refusals.tell(form, problem)
    return _drawn(request, workspace, form)


@require_POST
def rename(request: Request, pk: int, category: int) -> HttpResponse:
    found = access.get(request.user, Category, category, may="edit_models", workspace=pk)
    categories.rename(found, request.user, request.POST.get("name", ""))
    messages.success(request, _("The category is now named “%(name)s”.") % {"name": found.name})
    return redirect("fields", pk)


@require_POST
def move(request: Request, pk: int, category: int) -> HttpResponse:
    """Up or down by one place."""
    found = access.get(request.user, Category, category, may="edit_models", workspace=pk)
    categories.move(found, request.user, up="up" in request.POST)
    return _drawn(request, found.workspace, CategoryForm()) if request.htmx else redirect("fields", pk)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: Request, pk: int, category: int) -> HttpResponse:
    """Name the models that lose the category; delete it once that is confirmed."""
    found = access.get(request.user, Category, category, may="delete_models", workspace=pk)
    if request.method == "POST":
        categories.delete(found, request.user, confirmed=True)
        messages.success(request, _("The category “%(name)s” is deleted.") % {"name": found.name})
        return redirect("fields", pk)
    carriers = categories.carriers(found, request.user)
    return draw(request, "categories/delete.html", found, category=found, carriers=carriers, unseen=categories.UNSEEN)


def _drawn(request: Request, workspace: Workspace, form: CategoryForm) -> HttpResponse:
    template = "categories/_list.html" if request.htmx else "categories/index.html"
    shown = categories.shown(request.user, workspace)
    return draw(request, template, workspace, form=form, shown=shown, status=422 if form.is_bound else 200)
