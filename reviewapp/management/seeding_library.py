"""The demo's library: what one review learned ranks a second case, and a kind of document is found in both."""

from django.db import transaction

from models_lib import categories, exports, links, shares
from models_lib.models import Category, TrainedModel
from reviewapp.demo import collection
from reviewapp.demo.collection import DemoDocument
from reviewapp.domain import coding, leases, projects
from reviewapp.domain.coding import Answer
from reviewapp.management import seeding
from reviewapp.models import Project, ProjectDocument, User, Workspace

CLAIM = "Tarnholt claim"
DOCUMENTS = 240
SEED = 11  # other documents than those of the first case
CATEGORIES = ("Subject-specific", "General purpose", "Spam removal")
SUBJECT = "Cracked valve bodies"
KIND = "Newsletters and circulars"
SECOND_CASE = "Cracked valve bodies, second claim"
SET_ASIDE = "Newsletters to set aside"
SET_ASIDE_TAG = "archive"
EXAMPLES = {True: 8, False: 16}  # newsletters and others that are coded for the model of the kind


@transaction.atomic
def seed(project: Project, documents: int = DOCUMENTS) -> None:
    """Export what the project learned and let a second case begin with it; learn a kind of document there, and back.

    A project that cannot be exported yet leaves the library empty.
    """
    if exports.missing(project := Project.objects.select_related("workspace").get(pk=project.pk)):
        return
    manager = User.objects.get(username="manager")
    first, claim = project.workspace, seeding.open_workspace(CLAIM)
    subject, _, spam = (categories.create(first, manager, name) for name in CATEGORIES)
    about = "What the review of the Halverin mail learned about cracked HV-40 bodies, certificates and payments."
    _share(_export(project, manager, SUBJECT, about, subject), claim, manager)
    generated = list(collection.generate(documents, SEED))
    seeding.import_documents(claim, manager, generated)
    _linked(claim, manager, SUBJECT, name=SECOND_CASE, instructions=collection.QUESTION)
    kind = _code_newsletters(claim, manager, generated)
    if not exports.missing(kind):
        about = "Tells newsletters and circulars from letters between people, whatever they are about."
        _share(_export(kind, manager, KIND, about, categories.create(claim, manager, spam.name)), first, manager)
        _linked(first, manager, KIND, name=SET_ASIDE, document_tags=[SET_ASIDE_TAG])


def _export(project: Project, by: User, name: str, description: str, category: Category) -> TrainedModel:
    model = exports.request(project, by, name=name, description=description, categories=[category])
    seeding.perform()
    return TrainedModel.objects.get(pk=model.pk)


def _share(model: TrainedModel, target: Workspace, by: User) -> None:
    shares.request(model.workspace, by, [model.pk], [target.pk])
    seeding.perform()


def _linked(workspace: Workspace, by: User, model: str, **settings: object) -> None:
    """A project that ranks by the model with nothing coded."""
    links.create_project(workspace, by, workspace.trained_models.get(name=model), choices=seeding.CHOICES, **settings)
    seeding.perform()


def _code_newsletters(workspace: Workspace, by: User, documents: list[DemoDocument]) -> Project:
    """A small review that asks for a kind of document, not for a subject."""
    project = projects.create(
        workspace,
        by,
        name="Newsletters",
        instructions="Is this a newsletter or a circular, sent to many and meant for nobody?",
        choices=[("Newsletter", "positive", "1"), ("Not one", "negative", "2")],
    )
    seeding.perform()
    reviewer = User.objects.get(username=seeding.COLLEAGUES[0])
    for is_newsletter, count in EXAMPLES.items():
        numbers = [d.control_number for d in documents if (d.metadata["kind"] == "newsletter") == is_newsletter][:count]
        for item in project.items.filter(document__control_number__in=numbers):
            _submit(project, item, reviewer, "Newsletter" if is_newsletter else "Not one")
    seeding.perform()
    return Project.objects.select_related("workspace").get(pk=project.pk)


def _submit(project: Project, item: ProjectDocument, reviewer: User, choice: str) -> None:
    opened = leases.open_document(project, item, reviewer)
    assert opened.lease_token is not None
    coding.submit(project, reviewer, opened.lease_token, Answer(choice=choice))
    leases.release(project, reviewer)
