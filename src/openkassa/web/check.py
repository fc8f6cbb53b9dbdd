"""The page "Check my request": a request as a shop's program sends it is tried, and nothing is stored."""

from __future__ import annotations

import uuid

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods

from openkassa.api.body import MAX_BODY
from openkassa.api.check import Checked, local_path, request_check
from openkassa.api.face import Face, Incoming
from openkassa.api.faces import FACES, face_at
from openkassa.core.clock import now
from openkassa.core.tenancy import within
from openkassa.fiscal.describe import tree
from openkassa.fiscal.ffd.printed import as_text, printed
from openkassa.kassa.receipts.channels import channel_for_check
from openkassa.kassa.receipts.models import Channel
from openkassa.web.access import role_required
from openkassa.web.requests import MemberRequest

EXAMPLE = """POST /possystem/v4/demo_1234/sell

{"external_id": "order-1", …}"""


class CheckForm(forms.Form):
    channel_id = forms.TypedChoiceField(
        label=lazy("Channel"), coerce=uuid.UUID, help_text=lazy("Whose registers the request would go to.")
    )
    request = forms.CharField(
        label=lazy("Request"),
        max_length=MAX_BODY,
        strip=False,
        help_text=lazy("The first line, headers if any, an empty line, then the body."),
        widget=forms.Textarea(attrs={"rows": 16, "class": "ui-mono", "spellcheck": "false", "placeholder": EXAMPLE}),
    )

    def __init__(self, organisation_id: uuid.UUID, data=None) -> None:
        super().__init__(data)
        with within(organisation_id):
            channels = list(Channel.objects.order_by("name", "id"))
        self.fields["channel_id"].choices = [  # type: ignore[attr-defined]
            (channel.id, f"{channel.name} · {channel.get_kind_display()}") for channel in channels
        ]

    def clean_request(self) -> Incoming:
        incoming = incoming_of(self.cleaned_data["request"])
        if face_at(incoming.path) is None:
            paths = ", ".join(prefix for face in FACES for prefix in face.prefixes)
            text = _(
                "No protocol takes sales at “%(path)s”. Begin with “POST /possystem/v4/…” or another of: %(paths)s."
            )
            raise forms.ValidationError(text % {"path": incoming.path[:80], "paths": paths})
        return incoming


def incoming_of(text: str) -> Incoming:
    """A request as it would stand in the connection: its first line, headers, an empty line, the body."""
    head, _gap, body = text.replace("\r\n", "\n").lstrip().partition("\n\n")
    first, *lines = head.split("\n")
    method, _space, address = first.strip().partition(" ")
    pairs = (line.partition(":") for line in lines)
    return Incoming(
        method=method.upper(),
        path=local_path(address.removesuffix(" HTTP/1.1")),
        headers={name.strip().lower(): value.strip() for name, _colon, value in pairs if value},
        body=body.encode(),
    )


@require_http_methods(["GET", "POST"])
@role_required("owner", "manager")
def check(request: MemberRequest) -> HttpResponse:
    form = CheckForm(request.organisation_id, request.POST if request.method == "POST" else None)
    context: dict = {"form": form}
    if form.is_valid():
        incoming: Incoming = form.cleaned_data["request"]
        face = face_at(incoming.path)
        channel = channel_for_check(request.organisation_id, form.cleaned_data["channel_id"])
        if face is not None and channel is not None:
            context |= _shown(face, request_check(face=face, incoming=incoming, channel=channel, at=now()))
    return render(request, "web/check.html", context, status=422 if form.is_bound and not form.is_valid() else 200)


def _shown(face: Face, checked: Checked) -> dict:
    document = checked.document
    return {
        "face": face,
        "checked": checked,
        "signed": checked.signature.signed.decode(errors="replace") if checked.signature else "",
        "printed": as_text(printed(document)) if document else "",
        "fields": "\n".join(tree(document.pairs)) if document else "",
    }
