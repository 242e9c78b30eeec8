"""Every page, by name."""

from django.urls import path
from django.views.generic import RedirectView

from reviewapp.web import accounts, health, workspaces

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="workspaces"), name="start"),
    path("healthz", health.healthz, name="healthz"),
    path("sign-in/", accounts.SignIn.as_view(), name="sign-in"),
    path("sign-out/", accounts.SignOut.as_view(), name="sign-out"),
    path("account/", accounts.Account.as_view(), name="account"),
    path("workspaces/", workspaces.index, name="workspaces"),
    path("workspaces/new/", workspaces.create, name="workspace-create"),
    path("workspaces/<int:pk>/", workspaces.home, name="workspace"),
    path("workspaces/<int:pk>/live/", workspaces.live, name="workspace-live"),
    path("workspaces/<int:pk>/settings/", workspaces.settings, name="workspace-settings"),
]
