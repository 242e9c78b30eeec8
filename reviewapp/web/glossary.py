"""The glossary: the field's terms as this product uses them, where each has its place, and what there is not (U-14)."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.text import slugify
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
        "Average precision",
        "The mean of the precisions at each relevant document, from the highest rank down: how well a version ranks, "
        "at any threshold.",
        "Project → Models → Validation",
    ),
    Term(
        "Balance",
        "How like all documents the coded ones are, and how many of them were picked by chance. A fifth of the model "
        "rating.",
        "Project → Models → Validation",
    ),
    Term(
        "Clusters",
        "Groups of alike documents, found without any decision and named by the words that set them apart.",
        "Project → Train → Clusters",
    ),
    Term(
        "Concept drift",
        "New documents that are unlike what the model was trained on, so that its ranks say less about them.",
        "Project → Models → Drift",
    ),
    Term(
        "Confidence", "The probability that a version gives a label; as a rank it goes from 0 to 100.", "Any document"
    ),
    Term(
        "Coverage",
        "The share of documents half of whose weight at least is words that occur in the training. Of a queue: "
        "least certain first.",
        "Project → Models → Validation; Project → Settings",
    ),
    Term(
        "Dataset",
        "The documents of a project with their coding. It is made with the project, can be limited by document tags, "
        "renamed, downloaded and deleted.",
        "Project → Documents, Settings",
    ),
    Term(
        "Elusion",
        "The share of relevant documents among those that nobody has coded and the model would leave out.",
        "Project → Validation",
    ),
    Term(
        "F1",
        "The harmonic mean of precision and recall: high only where both are.",
        "Project → Models → Validation",
    ),
    Term(
        "False negative",
        "A relevant document that the version does not call relevant. It costs recall.",
        "Project → Models → Validation; Project → Train → Missed label",
    ),
    Term(
        "False positive",
        "A document that is not relevant and that the version calls so. It costs precision.",
        "Project → Models → Validation; Project → Train → Check label",
    ),
    Term(
        "Held out",
        "A fifth of the documents, by groups of near-duplicates and for life, that check a model and do not train it.",
        "Project → Models → Validation, Compare",
    ),
    Term("Hierarchy", "Labels as a tree, written Parent > Child.", "Project → Labels"),
    Term("Label", "An answer that reviewers give and a model predicts.", "Project → Labels"),
    Term("Live", "The name of the pinned version that others consume now.", "Project → Models"),
    Term(
        "Message", "In this product a document: one text with its control number and metadata.", "Workspace → Documents"
    ),
    Term(
        "Model",
        "What a training made of the decisions; it ranks the documents. Each training makes the next version.",
        "Project → Models",
    ),
    Term(
        "Model rating",
        "0 to 100, by an open formula of all labels, underperforming labels, coverage and balance.",
        "Project → Models → Validation",
    ),
    Term("Pin", "The promise that a version is kept and stays the same, to the byte.", "Project → Models"),
    Term(
        "Precision",
        "Of the documents that a version calls relevant, the share that are.",
        "Project → Models → Validation; Project → Validation",
    ),
    Term(
        "Prediction",
        "What a version says of a document: a probability for each label.",
        "Any document; predict by REST",
    ),
    Term(
        "Project", "One review over a workspace’s documents, with one question and its answers.", "Workspace → Projects"
    ),
    Term(
        "Recall",
        "Of the relevant documents, the share that a version calls relevant, or that a review has found.",
        "Project → Models → Validation; Project → Validation; Project → Stopping",
    ),
    Term("Reviewed", "Coded by somebody. Neutral counts as reviewed, skipped does not.", "Project → Documents"),
    Term(
        "Rollback",
        "A project goes back to the decisions that trained a pinned version. Nothing is lost, and it can be undone.",
        "Project → Models",
    ),
    Term(
        "Shadow scores",
        "What a version that does not rank says of the collection, to be looked at before it is made Live.",
        "Project → Models → Compare",
    ),
    Term("Source", "Where documents come from: a file in CSV, TSV or JSON lines, or REST.", "Workspace → Import"),
    Term("Staging", "The name of the pinned version that will be Live next.", "Project → Models"),
    Term(
        "Stream",
        "An ordered feed of documents with the predictions of one pinned version, or of Live or Staging, for other "
        "systems to read at their own pace.",
        "docs/how-to/models.md",
    ),
    Term("Taxonomy", "All labels of a project with their hierarchy; it can be loaded from a file.", "Project → Labels"),
    Term(
        "Training",
        "Fitting a model on what is coded. It starts by itself after so many decisions, or by hand.",
        "Project → Overview, Train",
    ),
    Term(
        "True negative",
        "A document that is not relevant and that the version does not call so.",
        "Project → Models → Validation",
    ),
    Term("True positive", "A relevant document that the version calls relevant.", "Project → Models → Validation"),
    Term("Unreviewed", "Not coded by anybody yet; the queue hands these out.", "Project → Documents, Review"),
    Term(
        "Validation",
        "Of a model: its figures on held-out documents. Of a review: a random sample, coded blind, that shows how much "
        "was found.",
        "Project → Models → Validation; Project → Validation",
    ),
)
ABSENT = (
    Term("General fields", "Values pulled out of texts.", "Spans with labels do what is needed to train for them."),
    Term(
        "Generative extraction and annotation",
        "Answers written by a language model.",
        "Every prediction here is reproducible, to the byte, and stays on your server.",
    ),
    Term(
        "Exchange integration",
        "Mailboxes read directly.",
        "Export the mail and import the file; nothing here needs a password to a mailbox.",
    ),
    Term("Sentiment", "Moods as a built-in model.", "Make it a label of your own: then it is trained on your texts."),
    Term("Licensing", "Pages to buy seats.", "The product is open source."),
)


@require_safe
def show(request: Request) -> HttpResponse:
    """All terms in the order of the alphabet."""
    return render(request, "glossary.html", {"terms": TERMS, "absent": ABSENT})
