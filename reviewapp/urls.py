"""Every door of the web process."""

from django.urls import include, path

handler500 = "reviewapp.web.refusals.fault"

urlpatterns = [
    path("api/v1/", include("reviewapp.api.urls")),
    path("", include("reviewapp.web.urls")),
]
