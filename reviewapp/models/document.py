"""Documents, as they came in."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from reviewapp.models.workspace import Workspace


class Words(models.Func):
    """What the full-text index holds: title and text, no stemming, so that any language is found as written.

    A function of our own in the database (see the first migration), because it can say what it costs: PostgreSQL
    otherwise rates reading a long text as cheap as comparing two numbers, and searches without the index.
    """

    function = "reviewapp_words"
    arity = 2
    output_field = SearchVectorField()


class Document(models.Model):
    """One text with its control number; the text never changes."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="documents")
    control_number = models.CharField(max_length=255)
    title = models.TextField(blank=True)
    text = models.TextField()
    metadata = models.JSONField(default=dict, blank=True)
    tags = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "control_number"], name="control_number_once_a_workspace"),
        ]
        indexes = [
            GinIndex(fields=["tags"], name="document_tags"),
            # New words wait in a list of 32 MB and are merged at the end of an import: five times cheaper a document.
            GinIndex(Words("title", "text"), name="document_words", gin_pending_list_limit=32 << 10),
        ]

    def __str__(self) -> str:
        return self.control_number
