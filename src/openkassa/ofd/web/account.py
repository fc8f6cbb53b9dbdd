"""Sign-in and sign-out of the operator's staff."""

from __future__ import annotations

from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from openkassa.ofd.people.models import AttemptCounter
from openkassa.ui.sign_in import SignInForm, safe_target


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    target = safe_target(request, reverse("registers"))
    if request.user.is_authenticated:
        return redirect(target)
    form = SignInForm(request.POST if request.method == "POST" else None)
    person = form.person(request, counters=AttemptCounter, key_ring="ofd_attempts")
    if person is not None:
        login(request, person)
        return redirect(target)
    return render(request, "ofd/login.html", {"form": form, "next": target}, status=form.status)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("landing")
