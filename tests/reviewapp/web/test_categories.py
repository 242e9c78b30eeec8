"""The Fields tab: categories of trained models, also before there is any model."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from models_lib import categories
from models_lib.models import TrainedModel
from reviewapp.domain import people
from reviewapp.models import Project, User, Workspace
from tests.cast import Cast, exported, trained
from tests.reviewapp.web.test_projects import HTMX, Anatomy

Browser = Callable[[User], Client]


def names(workspace: Workspace) -> list[str]:
    return list(workspace.categories.values_list("name", flat=True))


def test_categories_are_created_renamed_ordered_and_deleted_with_no_model(
    workspace: Workspace, cast: Cast, browser: Browser
) -> None:
    """R-38"""
    mona, url = browser(cast.mona), reverse("fields", args=[workspace.pk])
    assert "No categories yet" in mona.get(url).content.decode()
    for name in ("One", "Two"):
        assert mona.post(url, {"name": name}).headers["Location"] == url
    one, two = workspace.categories.all()
    mona.post(reverse("category-rename", args=[workspace.pk, two.pk]), {"name": "Second"})
    moved = mona.post(reverse("category-move", args=[workspace.pk, two.pk]), {"up": "1"}, headers=HTMX)
    assert names(workspace) == ["Second", "One"]
    assert moved.content.decode().index('value="Second"') < moved.content.decode().index('value="One"')
    assert f'id="up-{two.pk}"' in moved.content.decode(), "what has the focus keeps it over the swap by its id"
    assert mona.post(reverse("category-move", args=[workspace.pk, two.pk]), {"down": "1"}).status_code == 302
    delete = reverse("category-delete", args=[workspace.pk, one.pk])
    assert "No trained model that you see is in it." in mona.get(delete).content.decode()
    assert names(workspace) == ["One", "Second"]
    mona.post(delete)
    assert names(workspace) == ["Second"]
    assert not TrainedModel.objects.exists()


def test_a_name_that_is_taken_is_told(workspace: Workspace, cast: Cast, browser: Browser) -> None:
    mona, url = browser(cast.mona), reverse("fields", args=[workspace.pk])
    one, two = (categories.create(workspace, cast.mona, name) for name in ("One", "Two"))
    refused = mona.post(url, {"name": "One"})
    assert (refused.status_code, "exactly this name already" in refused.content.decode()) == (422, True)
    renamed = mona.post(reverse("category-rename", args=[workspace.pk, two.pk]), {"name": one.name})
    assert renamed.status_code == 422
    assert names(workspace) == ["One", "Two"]


def test_deleting_names_the_models_that_lose_the_category(project: Project, cast: Cast, browser: Browser) -> None:
    """R-39: in use, it does not vanish silently."""
    spam = categories.create(project.workspace, cast.mona, "Spam removal")
    model = exported(trained(project, cast.rita), cast.mona, categories=[spam])
    mona = browser(cast.mona)
    said = mona.get(reverse("fields", args=[project.workspace_id])).content.decode()
    assert f"{reverse('models', args=[project.workspace_id])}?category={spam.pk}" in said
    delete = reverse("category-delete", args=[project.workspace_id, spam.pk])
    asked = mona.get(delete).content.decode()
    assert "It is taken off 1 trained model:" in asked
    assert "Valve knowledge" in asked
    assert list(model.categories.all()) == [spam]
    mona.post(delete)
    assert not model.categories.exists()


def test_who_may_only_look_changes_nothing(workspace: Workspace, cast: Cast, browser: Browser) -> None:
    """SPEC 2.1.3"""
    spam = categories.create(workspace, cast.mona, "Spam removal")
    vic, url = browser(cast.vic), reverse("fields", args=[workspace.pk])
    said = vic.get(url).content.decode()
    assert ("Spam removal" in said, "Rename" in said, "Add a category" in said) == (True, False, False)
    assert vic.post(url, {"name": "Mine"}).status_code == 403
    for name in ("category-rename", "category-move", "category-delete"):
        assert vic.post(reverse(name, args=[workspace.pk, spam.pk]), {"name": "Mine"}).status_code == 403
    people.grant_rights(workspace, cast.rolf, ["view_models", "add_choices"], cast.alice)
    assert browser(cast.rolf).post(url, {"name": "Rolf’s"}).status_code == 302
    assert names(workspace) == ["Spam removal", "Rolf’s"]


@pytest.mark.parametrize("name", ["fields", "category-delete"])
def test_every_page_is_well_formed(workspace: Workspace, cast: Cast, browser: Browser, name: str) -> None:
    spam = categories.create(workspace, cast.mona, "Spam removal")
    args = [workspace.pk] if name == "fields" else [workspace.pk, spam.pk]
    anatomy = Anatomy()
    anatomy.feed(browser(cast.alice).get(reverse(name, args=args)).content.decode())
    assert (anatomy.tags["h1"], set(anatomy.fields) <= anatomy.labelled, anatomy.forbidden) == (1, True, [])
