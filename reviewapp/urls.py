"""Every door of the web process."""

from django.urls import include, path

urlpatterns = [
    path("api/v1/", include("reviewapp.api.urls")),
    path("", include("reviewapp.web.urls")),
]
