"""Signing in and out, and a person's own account."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from allauth.account.utils import perform_login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView, PasswordResetConfirmView
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django.views.generic import RedirectView
from django_htmx.http import HttpResponseClientRedirect

from reviewapp.domain import accounts, audit, sign_ins
from reviewapp.models import User
from reviewapp.web import addresses, single_sign_on
from reviewapp.web.sign_in import AddressForm, NewPasswordForm, SignInForm


class SignInMiddleware(LoginRequiredMiddleware):
    """Every page needs a person, except those marked ``login_not_required``; private pages stay out of caches."""

    def process_response(self, request: HttpRequest, answer: HttpResponseBase) -> HttpResponseBase:
        if request.user.is_authenticated:
            answer.headers.setdefault("Cache-Control", "private, no-store")
        return answer

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., Any]) -> Any:
        if not request.headers.get("HX-Request"):
            return super().handle_no_permission(request, view_func)
        asked = urlsplit(request.headers.get("HX-Current-URL", ""))
        following = QueryDict(mutable=True)
        following["next"] = f"{asked.path}?{asked.query}" if asked.query else asked.path
        return HttpResponseClientRedirect(f"{resolve_url('sign-in')}?{following.urlencode(safe='/')}")


class SignIn(LoginView):
    form_class = SignInForm
    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True

    def get_context_data(self, **given: Any) -> dict[str, Any]:
        return {**super().get_context_data(**given), "provider": single_sign_on.name(), "contact": settings.CONTACT}

    def form_valid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = perform_login(self.request, form.get_user(), redirect_url=self.get_success_url())
        return answer

    def form_invalid(self, form: Any) -> HttpResponse:
        if form.cleaned_data.get("username"):
            sign_ins.failed(form.cleaned_data["username"])
        return super().form_invalid(form)


@method_decorator(login_not_required, name="dispatch")
class SignInAgain(RedirectView):
    """Where a sign-in that was broken off goes on."""

    pattern_name = "sign-in"
    http_method_names = ["get", "head"]


class SignOut(LogoutView):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        if isinstance(request.user, User):
            audit.record(request.user, "person.sign_out", request.user, None)
        return super().post(request, *args, **options)


class Account(PasswordChangeView):
    """The person's name and rights, and a new password."""

    form_class = NewPasswordForm
    template_name = "accounts/account.html"
    success_url = reverse_lazy("account")

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(
            self.request, _("Your password is changed. You stay signed in here, other browsers are signed out.")
        )
        with transaction.atomic():
            audit.record(form.user, "person.password", form.user, None)
            return super().form_valid(form)


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    """Where somebody asks for a link by mail; says the same whether their address is known here or not."""
    form = AddressForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        accounts.ask_for_mail(form.cleaned_data["email"], addresses.client(request), addresses.site(request))
        messages.success(
            request, _("If an account here has this address, a mail with a link is on its way. It is valid for a day.")
        )
        return redirect("sign-in")
    told = {"form": form, "contact": settings.CONTACT, "sends_mail": settings.SENDS_MAIL}
    return render(request, "accounts/forgotten.html", told, status=422 if form.is_bound else 200)


class NewPassword(PasswordResetConfirmView):
    """A password set by a link, of an operator's or out of a mail; every session of the person's ends with it."""

    http_method_names = ["get", "head", "post"]
    template_name = "accounts/new_password.html"
    success_url = reverse_lazy("sign-in")

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, _("Your password is set. Sign in with it."))
        with transaction.atomic():
            audit.record(form.user, "person.password", form.user, None)
            return super().form_valid(form)
