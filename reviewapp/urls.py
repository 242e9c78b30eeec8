"""Every door of the web process."""

from django.urls import include, path

urlpatterns = [
    path("", include("reviewapp.web.urls")),
]
