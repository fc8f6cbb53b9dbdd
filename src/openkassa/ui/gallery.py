"""What the gallery shows: components with the hardest of ordinary data, long names and large sums."""

from __future__ import annotations

import datetime as dt

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _

LONG_NAME = "Индивидуальный предприниматель Өмүрзакова-Константинопольская Гүлжамал Ыдырысовна, отдел товаров для дома"


class ExampleForm(forms.Form):
    name = forms.CharField(label=_("name"), max_length=20)
    email = forms.EmailField(label=_("e-mail"), required=False, help_text="name@example.com")
    password = forms.CharField(label=_("Password"), widget=forms.PasswordInput)


def examples(request: HttpRequest) -> dict:
    wrong = ExampleForm({"name": LONG_NAME, "email": "name@", "password": ""})
    wrong.is_valid()
    return {
        "at": dt.datetime(2026, 11, 21, 19, 5, 9, tzinfo=dt.UTC),
        "form": wrong,
        "long_name": LONG_NAME,
        "markup": "<script>alert(1)</script>",
        "tabs": [("one", "Кассалар"), ("two", "Документы"), ("three", "Settings")],
        "tones": ["neutral", "wait", "info", "good", "warn", "doubt", "bad"],
        "sums": [5, 123_450, 1_234_567_890, -7_50],
    }
