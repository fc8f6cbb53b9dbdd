"""The form of sign-in, the same in both projects: each tells it where attempts are counted."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import models
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as lazy

from openkassa.core.identity import normalise_identifier
from openkassa.core.sign_in import SignInThrottled, client_address, sign_in_check
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
        identifier = self.cleaned_data["identifier"]
        normalise_identifier(identifier)
        return identifier

    def person(self, request: HttpRequest, *, counters: type[models.Model], key_ring: str) -> Any:
        """Who has filled the form in, a user of the project's model; None with the reason written into the form.

        `counters` and `key_ring` as in `sign_in_check`.
        """
        if not self.is_valid():
            return None
        pair = {name: self.cleaned_data[name] for name in ("identifier", "password")}
        try:
            person = sign_in_check(counters=counters, key_ring=key_ring, **pair, address=client_address(request))
        except SignInThrottled as error:
            text = gettext("Too many attempts. Try again in %(time)s.") % {"time": formats.duration(error.retry_after)}
            self.add_error("password", forms.ValidationError(text, code="throttled"))
            return None
        if person is None:
            text = gettext("No account with this e-mail or phone and password. Check both and the keyboard's language.")
            self.add_error("password", forms.ValidationError(text, code="wrong"))
        return person

    @property
    def status(self) -> int:
        """HTTP status of the page that shows the form."""
        if not self.is_bound:
            return 200
        return 429 if self.has_error("password", "throttled") else 422


def safe_target(request: HttpRequest, otherwise: str) -> str:
    """Where to go after signing in: the path of a page of ours, whatever the address says."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    # A path: `redirect` takes a plain word for the name of a view.
    own = target.startswith("/") and url_has_allowed_host_and_scheme(
        target, {request.get_host()}, require_https=request.is_secure()
    )
    return target if own else otherwise
