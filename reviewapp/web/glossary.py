"""The glossary: the field's terms as this product uses them, where each has its place, and what there is not (U-14)."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_safe

from reviewapp.web.pages import Request


@dataclass(frozen=True)
class Term:
    """A term, what it means here, and where one meets it."""

    name: str
    meaning: str
    place: str

    @property
    def anchor(self) -> str:
        return slugify(self.name)


TERMS = (
    Term(
        gettext_noop("Average precision"),
        gettext_noop(
            "The mean of the precisions at each relevant document, from the highest rank down: how well a "
            "version ranks, at any threshold."
        ),
        gettext_noop("Project → Models → Validation"),
    ),
    Term(
        gettext_noop("Balance"),
        gettext_noop(
            "How like all documents the coded ones are, and how many of them were picked by chance. A fifth "
            "of the model rating."
        ),
        gettext_noop("Project → Models → Validation"),
    ),
    Term(
        gettext_noop("Clusters"),
        gettext_noop(
            "Groups of alike documents, found without any decision and named by the words that set them apart."
        ),
        gettext_noop("Project → Train → Clusters"),
    ),
    Term(
        gettext_noop("Concept drift"),
        gettext_noop(
            "New documents that are unlike what the model was trained on, so that its ranks say less about them."
        ),
        gettext_noop("Project → Models → Drift"),
    ),
    Term(
        gettext_noop("Confidence"),
        gettext_noop("The probability that a version gives a label; as a rank it goes from 0 to 100."),
        gettext_noop("Any document"),
    ),
    Term(
        gettext_noop("Coverage"),
        gettext_noop(
            "The share of documents half of whose weight at least is words that occur in the training. Of a "
            "queue: least certain first."
        ),
        gettext_noop("Project → Models → Validation; Project → Settings"),
    ),
    Term(
        gettext_noop("Dataset"),
        gettext_noop(
            "The documents of a project with their coding. It is made with the project, can be limited by "
            "document tags, renamed, downloaded and deleted."
        ),
        gettext_noop("Project → Documents, Settings"),
    ),
    Term(
        gettext_noop("Elusion"),
        gettext_noop(
            "The share of relevant documents among those that nobody has coded and the model would leave out."
        ),
        gettext_noop("Project → Validation"),
    ),
    Term(
        gettext_noop("F1"),
        gettext_noop("The harmonic mean of precision and recall: high only where both are."),
        gettext_noop("Project → Models → Validation"),
    ),
    Term(
        gettext_noop("False negative"),
        gettext_noop("A relevant document that the version does not call relevant. It costs recall."),
        gettext_noop("Project → Models → Validation; Project → Train → Missed label"),
    ),
    Term(
        gettext_noop("False positive"),
        gettext_noop("A document that is not relevant and that the version calls so. It costs precision."),
        gettext_noop("Project → Models → Validation; Project → Train → Check label"),
    ),
    Term(
        gettext_noop("Held out"),
        gettext_noop(
            "A fifth of the documents, by groups of near-duplicates and for life, that check a model and do "
            "not train it."
        ),
        gettext_noop("Project → Models → Validation, Compare"),
    ),
    Term(
        gettext_noop("Hierarchy"),
        gettext_noop("Labels as a tree, written Parent > Child."),
        gettext_noop("Project → Labels"),
    ),
    Term(
        gettext_noop("Label"),
        gettext_noop("An answer that reviewers give and a model predicts."),
        gettext_noop("Project → Labels"),
    ),
    Term(
        gettext_noop("Live"),
        gettext_noop("The name of the pinned version that others consume now."),
        gettext_noop("Project → Models"),
    ),
    Term(
        gettext_noop("Message"),
        gettext_noop("In this product a document: one text with its control number and metadata."),
        gettext_noop("Workspace → Documents"),
    ),
    Term(
        gettext_noop("Model"),
        gettext_noop(
            "What a training made of the decisions; it ranks the documents. Each training makes the next version."
        ),
        gettext_noop("Project → Models"),
    ),
    Term(
        gettext_noop("Model rating"),
        gettext_noop("0 to 100, by an open formula of all labels, underperforming labels, coverage and balance."),
        gettext_noop("Project → Models → Validation"),
    ),
    Term(
        gettext_noop("Pin"),
        gettext_noop("The promise that a version is kept and stays the same, to the byte."),
        gettext_noop("Project → Models"),
    ),
    Term(
        gettext_noop("Precision"),
        gettext_noop("Of the documents that a version calls relevant, the share that are."),
        gettext_noop("Project → Models → Validation; Project → Validation"),
    ),
    Term(
        gettext_noop("Prediction"),
        gettext_noop("What a version says of a document: a probability for each label."),
        gettext_noop("Any document; predict by REST"),
    ),
    Term(
        gettext_noop("Project"),
        gettext_noop("One review over a workspace’s documents, with one question and its answers."),
        gettext_noop("Workspace → Projects"),
    ),
    Term(
        gettext_noop("Recall"),
        gettext_noop("Of the relevant documents, the share that a version calls relevant, or that a review has found."),
        gettext_noop("Project → Models → Validation; Project → Validation; Project → Stopping"),
    ),
    Term(
        gettext_noop("Reviewed"),
        gettext_noop("Coded by somebody. Neutral counts as reviewed, skipped does not."),
        gettext_noop("Project → Documents"),
    ),
    Term(
        gettext_noop("Rollback"),
        gettext_noop(
            "A project goes back to the decisions that trained a pinned version. Nothing is lost, and it can be undone."
        ),
        gettext_noop("Project → Models"),
    ),
    Term(
        gettext_noop("Shadow scores"),
        gettext_noop(
            "What a version that does not rank says of the collection, to be looked at before it is made Live."
        ),
        gettext_noop("Project → Models → Compare"),
    ),
    Term(
        gettext_noop("Source"),
        gettext_noop("Where documents come from: a file in CSV, TSV or JSON lines, or REST."),
        gettext_noop("Workspace → Import"),
    ),
    Term(
        gettext_noop("Staging"),
        gettext_noop("The name of the pinned version that will be Live next."),
        gettext_noop("Project → Models"),
    ),
    Term(
        gettext_noop("Stream"),
        gettext_noop(
            "An ordered feed of documents with the predictions of one pinned version, or of Live or "
            "Staging, for other systems to read at their own pace."
        ),
        gettext_noop("docs/how-to/models.md"),
    ),
    Term(
        gettext_noop("Taxonomy"),
        gettext_noop("All labels of a project with their hierarchy; it can be loaded from a file."),
        gettext_noop("Project → Labels"),
    ),
    Term(
        gettext_noop("Training"),
        gettext_noop("Fitting a model on what is coded. It starts by itself after so many decisions, or by hand."),
        gettext_noop("Project → Overview, Train"),
    ),
    Term(
        gettext_noop("True negative"),
        gettext_noop("A document that is not relevant and that the version does not call so."),
        gettext_noop("Project → Models → Validation"),
    ),
    Term(
        gettext_noop("True positive"),
        gettext_noop("A relevant document that the version calls relevant."),
        gettext_noop("Project → Models → Validation"),
    ),
    Term(
        gettext_noop("Unreviewed"),
        gettext_noop("Not coded by anybody yet; the queue hands these out."),
        gettext_noop("Project → Documents, Review"),
    ),
    Term(
        gettext_noop("Validation"),
        gettext_noop(
            "Of a model: its figures on held-out documents. Of a review: a random sample, coded blind, that "
            "shows how much was found."
        ),
        gettext_noop("Project → Models → Validation; Project → Validation"),
    ),
)
ABSENT = (
    Term(
        gettext_noop("General fields"),
        gettext_noop("Values pulled out of texts."),
        gettext_noop("Spans with labels do what is needed to train for them."),
    ),
    Term(
        gettext_noop("Generative extraction and annotation"),
        gettext_noop("Answers written by a language model."),
        gettext_noop("Every prediction here is reproducible, to the byte, and stays on your server."),
    ),
    Term(
        gettext_noop("Exchange integration"),
        gettext_noop("Mailboxes read directly."),
        gettext_noop("Export the mail and import the file; nothing here needs a password to a mailbox."),
    ),
    Term(
        gettext_noop("Sentiment"),
        gettext_noop("Moods as a built-in model."),
        gettext_noop("Make it a label of your own: then it is trained on your texts."),
    ),
    Term(gettext_noop("Licensing"), gettext_noop("Pages to buy seats."), gettext_noop("The product is open source.")),
)


@require_safe
def show(request: Request) -> HttpResponse:
    """All terms in the order of the alphabet."""
    return render(request, "glossary.html", {"terms": TERMS, "absent": ABSENT})
