"""Sign-in, sign-out, a person's own settings, and the switch between organisations."""

from __future__ import annotations

import uuid

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from openkassa.core.identity import normalise_identifier
from openkassa.core.models import AttemptCounter
from openkassa.core.sign_in import SignInThrottled, client_address, sign_in_check
from openkassa.ui import formats
from openkassa.web.middleware import choose_organisation
from openkassa.web.requests import PersonRequest


class SignInForm(forms.Form):
    """Identifier and password. The error of a wrong pair stands next to the password and names neither."""

    identifier = forms.CharField(
        label=lazy("E-mail or phone"),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True, "inputmode": "email"}),
    )
    password = forms.CharField(
        label=lazy("Password"),
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def clean_identifier(self) -> str:
        identifier = self.cleaned_data["identifier"]
        normalise_identifier(identifier)
        return identifier


class ProfileForm(forms.Form):
    display_name = forms.CharField(label=lazy("Your name"), max_length=200)
    language = forms.ChoiceField(label=lazy("Language"), choices=settings.LANGUAGES)


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    target = _safe_target(request)
    if request.user.is_authenticated:
        return redirect(target)
    form = SignInForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        user = _authenticated(request, form)
        if user is not None:
            login(request, user)
            return _in_language(redirect(target), user.language)
    status = 200 if not form.is_bound else 429 if form.has_error("password", "throttled") else 422
    return render(request, "web/login.html", {"form": form, "next": target}, status=status)


def _authenticated(request: HttpRequest, form: SignInForm):
    """The person, or None with the reason written into the form."""
    pair = {name: form.cleaned_data[name] for name in ("identifier", "password")}
    try:
        user = sign_in_check(counters=AttemptCounter, key_ring="sign-in", **pair, address=client_address(request))
    except SignInThrottled as error:
        wait = formats.duration(error.retry_after)
        text = gettext("Too many attempts. Try again in %(time)s.") % {"time": wait}
        form.add_error("password", forms.ValidationError(text, code="throttled"))
        return None
    if user is None:
        text = gettext("No account with this e-mail or phone and password. Check both and the keyboard's language.")
        form.add_error("password", forms.ValidationError(text, code="wrong"))
    return user


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("landing")


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def profile(request: PersonRequest) -> HttpResponse:
    user = request.user
    initial = {"display_name": user.display_name, "language": user.language}
    form = ProfileForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        user.display_name, user.language = form.cleaned_data["display_name"], form.cleaned_data["language"]
        user.save(update_fields=["display_name", "language"])
        with translation.override(user.language):
            messages.success(request, gettext("Saved."))
        return _in_language(redirect("profile"), user.language)
    identifiers = list(user.identifiers.order_by("kind", "value"))
    status = 422 if form.is_bound else 200
    return render(request, "web/profile.html", {"form": form, "identifiers": identifiers}, status=status)


@require_POST
@login_required
def switch_organisation(request: PersonRequest) -> HttpResponse:
    try:
        wanted = uuid.UUID(request.POST.get("organisation", ""))
    except ValueError:
        return redirect("receipts")
    choose_organisation(request, wanted)
    return redirect("receipts")


def _safe_target(request: HttpRequest) -> str:
    """Where to go after signing in: a page of our own, whatever the address says."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    own = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if own else reverse("receipts")


def _in_language(response: HttpResponse, language: str) -> HttpResponse:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=365 * 24 * 3600,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
    return response
