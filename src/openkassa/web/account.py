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
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from openkassa.core.models import AttemptCounter
from openkassa.ui.sign_in import SignInForm, safe_target
from openkassa.web.middleware import choose_organisation
from openkassa.web.requests import PersonRequest


class ProfileForm(forms.Form):
    display_name = forms.CharField(label=lazy("Your name"), max_length=200)
    language = forms.ChoiceField(label=lazy("Language"), choices=settings.LANGUAGES)


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    target = safe_target(request, reverse("receipts"))
    if request.user.is_authenticated:
        return redirect(target)
    form = SignInForm(request.POST if request.method == "POST" else None)
    person = form.person(request, counters=AttemptCounter, key_ring="sign-in")
    if person is not None:
        login(request, person)
        return _in_language(redirect(target), person.language)
    return render(request, "web/login.html", {"form": form, "next": target}, status=form.status)


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


def _in_language(response: HttpResponse, language: str) -> HttpResponse:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=365 * 24 * 3600,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
    return response
