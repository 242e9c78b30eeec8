"""Every address of the API, below ``/api/v1/``."""

from django.urls import path, re_path, register_converter
from django.urls.converters import IntConverter, StringConverter

from reviewapp.api import (
    audit,
    categories,
    completions,
    documents,
    imports,
    items,
    jobs,
    people,
    pins,
    projects,
    quality,
    reports,
    review,
    shares,
    specification,
    statistics,
    tokens,
    trained_models,
    validation,
    versions,
    webhooks,
    why,
    workspaces,
)


class Id(IntConverter):
    """A row's number; longer ones than any row has are at no address."""

    regex = "[0-9]{1,18}"


class Word(StringConverter):
    """A name without anything that the database could not compare."""

    regex = r"[^/\x00-\x1f\x7f]{1,150}"


register_converter(Id, "id")
register_converter(Word, "word")

app_name = "api"
urlpatterns = [
    path("openapi.json", specification.Specification.as_view(), name="openapi"),
    path("me", people.Me.as_view(), name="me"),
    path("tokens", tokens.Tokens.as_view(), name="tokens"),
    path("tokens/<word:token>", tokens.OneToken.as_view(), name="token"),
    path("workspaces", workspaces.Workspaces.as_view(), name="workspaces"),
    path("workspaces/<id:workspace>", workspaces.OneWorkspace.as_view(), name="workspace"),
    path("workspaces/<id:workspace>/people", people.People.as_view(), name="people"),
    path("workspaces/<id:workspace>/people/<word:username>", people.Person.as_view(), name="person"),
    path("workspaces/<id:workspace>/documents", documents.Documents.as_view(), name="documents"),
    path("workspaces/<id:workspace>/documents/tags", documents.Tagging.as_view(), name="tagging"),
    path("workspaces/<id:workspace>/documents/deletion", documents.Deletion.as_view(), name="deletion"),
    path("workspaces/<id:workspace>/uploads", imports.Uploads.as_view(), name="uploads"),
    path("workspaces/<id:workspace>/uploads/<word:upload>", imports.OneUpload.as_view(), name="upload"),
    path("workspaces/<id:workspace>/imports", imports.Imports.as_view(), name="imports"),
    path("workspaces/<id:workspace>/audit", audit.WorkspaceAudit.as_view(), name="workspace-audit"),
    path("audit", audit.Audit.as_view(), name="audit"),
    path("audit/head", audit.AuditHead.as_view(), name="audit-head"),
    path("audit/seals", audit.AuditSeals.as_view(), name="audit-seals"),
    path("workspaces/<id:workspace>/jobs", jobs.Jobs.as_view(), name="jobs"),
    path("workspaces/<id:workspace>/projects", projects.Projects.as_view(), name="workspace-projects"),
    path("workspaces/<id:workspace>/models", trained_models.Models.as_view(), name="models"),
    path(
        "workspaces/<id:workspace>/models/categorization",
        trained_models.Categorization.as_view(),
        name="models-categorization",
    ),
    path("workspaces/<id:workspace>/models/deletion", trained_models.ModelDeletion.as_view(), name="models-deletion"),
    path("workspaces/<id:workspace>/categories", categories.Categories.as_view(), name="categories"),
    path("workspaces/<id:workspace>/categories/order", categories.CategoryOrder.as_view(), name="category-order"),
    path("models/<id:model>", trained_models.OneModel.as_view(), name="model"),
    path("models/<id:model>/access", trained_models.ModelAccess.as_view(), name="model-access"),
    path("models/<id:model>/history", trained_models.ModelHistory.as_view(), name="model-history"),
    path("categories/<id:category>", categories.OneCategory.as_view(), name="category"),
    path("workspaces/<id:workspace>/models/share", shares.Sharing.as_view(), name="sharing"),
    path("workspaces/<id:workspace>/webhooks", webhooks.Webhooks.as_view(), name="webhooks"),
    path("webhooks/<id:webhook>", webhooks.OneWebhook.as_view(), name="webhook"),
    path("webhooks/<id:webhook>/secret", webhooks.WebhookSecret.as_view(), name="webhook-secret"),
    path("webhooks/<id:webhook>/test", webhooks.WebhookTest.as_view(), name="webhook-test"),
    path("webhooks/<id:webhook>/deliveries", webhooks.Deliveries.as_view(), name="deliveries"),
    path("webhooks/<id:webhook>/deliveries/<id:delivery>/redelivery", webhooks.Redelivery.as_view(), name="redelivery"),
    path("documents/<id:document>", documents.OneDocument.as_view(), name="document"),
    path("jobs/<id:job>", jobs.OneJob.as_view(), name="job"),
    path("jobs/<id:job>/row-problems", jobs.RowProblems.as_view(), name="row-problems"),
    path("jobs/<id:job>/cancel", jobs.CancelJob.as_view(), name="job-cancel"),
    path("jobs/<id:job>/retry", jobs.RetryJob.as_view(), name="job-retry"),
    path("projects", projects.VisibleProjects.as_view(), name="projects"),
    path("projects/<id:project>", projects.OneProject.as_view(), name="project"),
    path("projects/<id:project>/choices", projects.Choices.as_view(), name="choices"),
    path("projects/<id:project>/linked-model", projects.LinkedModel.as_view(), name="linked-model"),
    path("projects/<id:project>/exports", trained_models.Exports.as_view(), name="exports"),
    path("projects/<id:project>/pause", projects.Pause.as_view(), name="pause"),
    path("projects/<id:project>/resume", projects.Resume.as_view(), name="resume"),
    path("projects/<id:project>/populate", projects.Populate.as_view(), name="populate"),
    path("projects/<id:project>/train", projects.Train.as_view(), name="train"),
    path("projects/<id:project>/next", review.Next.as_view(), name="next"),
    path("projects/<id:project>/submissions", review.Submissions.as_view(), name="submissions"),
    path("projects/<id:project>/undo", review.Undo.as_view(), name="undo"),
    path("projects/<id:project>/release", review.Release.as_view(), name="release"),
    path("projects/<id:project>/documents", items.Items.as_view(), name="items"),
    path("projects/<id:project>/documents/<id:document>", items.OneItem.as_view(), name="item"),
    path("projects/<id:project>/documents/<id:document>/open", review.Open.as_view(), name="open"),
    path("projects/<id:project>/documents/<id:document>/completions", items.Recoding.as_view(), name="recoding"),
    path("projects/<id:project>/documents/<id:document>/why", why.Why.as_view(), name="why"),
    path("projects/<id:project>/quality", quality.Quality.as_view(), name="quality"),
    path("projects/<id:project>/second-looks", quality.SecondLooks.as_view(), name="second-looks"),
    path(
        "projects/<id:project>/second-looks/<id:look>/adjudication",
        quality.Adjudication.as_view(),
        name="adjudication",
    ),
    path("projects/<id:project>/conflicts/rank", quality.RankConflicts.as_view(), name="rank-conflicts"),
    path("projects/<id:project>/conflicts/copies", quality.CopyConflicts.as_view(), name="copy-conflicts"),
    path("projects/<id:project>/duplicate-searches", quality.DuplicateSearches.as_view(), name="duplicate-searches"),
    path("projects/<id:project>/overturns", quality.Overturns.as_view(), name="overturns"),
    path("projects/<id:project>/reports", reports.Reports.as_view(), name="reports"),
    path("projects/<id:project>/reports/<id:number>", reports.OneReport.as_view(), name="report"),
    path("projects/<id:project>/reports/<id:number>/pdf", reports.ReportFile.as_view(), name="report-pdf"),
    path("projects/<id:project>/checker", completions.Checker.as_view(), name="checker"),
    path("projects/<id:project>/completions", completions.Completions.as_view(), name="completions"),
    path("projects/<id:project>/completions/<id:completion>/verdicts", completions.Verdicts.as_view(), name="verdicts"),
    path("projects/<id:project>/versions", versions.Versions.as_view(), name="versions"),
    path("projects/<id:project>/versions/<id:number>", versions.OneVersion.as_view(), name="version"),
    path("projects/<id:project>/versions/<id:number>/difference", versions.Difference.as_view(), name="difference"),
    path("projects/<id:project>/model-status", versions.ModelStatus.as_view(), name="model-status"),
    path("projects/<id:project>/pins", pins.Pins.as_view(), name="pins"),
    path("projects/<id:project>/pins/<id:number>", pins.OnePin.as_view(), name="pin"),
    path("projects/<id:project>/tags", pins.Tags.as_view(), name="version-tags"),
    path("projects/<id:project>/tags/<word:tag>", pins.OneTag.as_view(), name="version-tag"),
    path("projects/<id:project>/statistics", statistics.Statistics.as_view(), name="statistics"),
    path("projects/<id:project>/validation-plan", validation.ValidationPlan.as_view(), name="validation-plan"),
    path("projects/<id:project>/validation-rounds", validation.ValidationRounds.as_view(), name="validation-rounds"),
    path(
        "projects/<id:project>/validation-rounds/<id:number>",
        validation.OneValidationRound.as_view(),
        name="validation-round",
    ),
    path(
        "projects/<id:project>/validation-rounds/<id:number>/resume",
        validation.ResumeReview.as_view(),
        name="validation-resume",
    ),
    path(
        "projects/<id:project>/validation-rounds/<id:number>/complete",
        validation.CompleteProject.as_view(),
        name="validation-complete",
    ),
    path(
        "projects/<id:project>/validation-rounds/<id:number>/abandon",
        validation.AbandonRound.as_view(),
        name="validation-abandon",
    ),
    re_path("", specification.Nowhere.as_view(), name="nowhere"),
]
