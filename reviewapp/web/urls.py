"""Every page, by name."""

from django.urls import path
from django.views.generic import RedirectView

from reviewapp.web import accounts, documents, health, imports, jobs, people, tokens, workspaces

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="workspaces"), name="start"),
    path("healthz", health.healthz, name="healthz"),
    path("sign-in/", accounts.SignIn.as_view(), name="sign-in"),
    path("sign-out/", accounts.SignOut.as_view(), name="sign-out"),
    path("account/", accounts.Account.as_view(), name="account"),
    path("account/tokens/", tokens.index, name="tokens"),
    path("account/tokens/revoke/", tokens.revoke, name="token-revoke"),
    path("workspaces/", workspaces.index, name="workspaces"),
    path("workspaces/new/", workspaces.create, name="workspace-create"),
    path("workspaces/<int:pk>/", workspaces.home, name="workspace"),
    path("workspaces/<int:pk>/live/", workspaces.live, name="workspace-live"),
    path("workspaces/<int:pk>/settings/", workspaces.settings, name="workspace-settings"),
    path("workspaces/<int:pk>/people/", people.index, name="workspace-people"),
    path("workspaces/<int:pk>/people/<int:person>/", people.change, name="person-change"),
    path("workspaces/<int:pk>/people/<int:person>/remove/", people.remove, name="person-remove"),
    path("workspaces/<int:pk>/jobs/", jobs.index, name="workspace-jobs"),
    path("jobs/<int:pk>/", jobs.show, name="job"),
    path("jobs/<int:pk>/cancel/", jobs.cancel, name="job-cancel"),
    path("jobs/<int:pk>/retry/", jobs.retry, name="job-retry"),
    path("workspaces/<int:pk>/import/", imports.upload, name="import"),
    path("workspaces/<int:pk>/import/<slug:upload>/", imports.mapping, name="import-mapping"),
    path("workspaces/<int:pk>/import/<slug:upload>/discard/", imports.discard, name="import-discard"),
    path("workspaces/<int:pk>/documents/", documents.index, name="workspace-documents"),
    path("workspaces/<int:pk>/documents/tag/", documents.tag, name="documents-tag"),
    path("workspaces/<int:pk>/documents/delete/", documents.delete, name="documents-delete"),
    path("workspaces/<int:pk>/documents/<int:document>/", documents.show, name="workspace-document"),
]
