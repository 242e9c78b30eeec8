"""Archives: files with everything of a workspace, made here or brought from elsewhere."""

from pathlib import Path

from django.conf import settings
from django.db import models
from django.utils.text import slugify

from reviewapp.models.job import Job
from reviewapp.models.people import User
from reviewapp.models.workspace import Workspace


class Archive(models.Model):
    """One encrypted file of one workspace; it stays when the workspace goes, and expires by itself."""

    class Origin(models.TextChoices):
        MADE = "made", "Made here"
        RECEIVED = "received", "Brought here"

    # None for a file that was brought here, and when the workspace is gone: then it belongs to whoever made it.
    workspace = models.ForeignKey(Workspace, null=True, on_delete=models.SET_NULL, related_name="archives")
    name = models.CharField(max_length=255)  # of the workspace, or of the file that was brought
    origin = models.CharField(max_length=10, choices=Origin)
    job = models.OneToOneField(Job, null=True, on_delete=models.SET_NULL, related_name="archive")
    header = models.BinaryField(default=bytes)  # the file's first bytes, which the passphrase opens
    file = models.CharField(max_length=80, blank=True)  # its name in the folder of archives; empty before it is ready
    size = models.PositiveBigIntegerField(default=0)
    content = models.CharField(max_length=64, blank=True)  # equal for archives of equal content
    counts = models.JSONField(default=dict)  # rows by table
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name

    @property
    def ready(self) -> bool:
        """Whether there is a whole file."""
        return bool(self.file)

    @property
    def slug(self) -> str:
        """A file name for whoever downloads it: plain letters, and when it was made."""
        return f"{slugify(self.name)[:80] or 'workspace'}-{self.made_at:%Y-%m-%d}"

    @property
    def path(self) -> Path:
        """Where the file of a ready archive lies."""
        return Path(settings.ARCHIVES_DIR) / self.file
