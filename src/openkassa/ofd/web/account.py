"""Sign-in and sign-out of the operator's staff."""

from __future__ import annotations

from django import forms
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from openkassa.core.identity import normalise_identifier
from openkassa.core.sign_in import SignInThrottled, client_address, sign_in_check
from openkassa.ofd.people.models import AttemptCounter
from openkassa.ui import formats


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
        normalise_identifier(self.cleaned_data["identifier"])
        return self.cleaned_data["identifier"]


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
            return redirect(target)
    status = 200 if not form.is_bound else 429 if form.has_error("password", "throttled") else 422
    return render(request, "ofd/login.html", {"form": form, "next": target}, status=status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("landing")


def _authenticated(request: HttpRequest, form: SignInForm):
    """The person, or None with the reason written into the form."""
    pair = {name: form.cleaned_data[name] for name in ("identifier", "password")}
    try:
        user = sign_in_check(counters=AttemptCounter, key_ring="ofd_attempts", **pair, address=client_address(request))
    except SignInThrottled as error:
        text = lazy("Too many attempts. Try again in %(time)s.") % {"time": formats.duration(error.retry_after)}
        form.add_error("password", forms.ValidationError(text, code="throttled"))
        return None
    if user is None:
        wrong = lazy("No account with this e-mail or phone and password. Check both and the keyboard's language.")
        form.add_error("password", forms.ValidationError(wrong, code="wrong"))
    return user


def _safe_target(request: HttpRequest) -> str:
    """Where to go after signing in: a page of our own, whatever the address says."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    own = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if own else reverse("registers")
