"""`POST /validate` of v1."""

from __future__ import annotations

import datetime as dt

from openkassa.api.check import Checked, channel_for, local_path, request_check
from openkassa.api.face import Face, Incoming, Signature
from openkassa.api.faces import FACES, face_at
from openkassa.api.v1 import wire_check
from openkassa.api.v1.problems import Refused
from openkassa.fiscal.describe import tree
from openkassa.fiscal.ffd.printed import as_text, printed
from openkassa.fiscal.ffd.reader import Document
from openkassa.kassa.receipts.channels import ChannelContext


def check(request: wire_check.RequestToCheck, own: ChannelContext, at: dt.datetime) -> wire_check.RequestChecked:
    """What the request would become. Raises `Refused` for a path that no face answers."""
    incoming = Incoming(
        method=request.method,
        path=local_path(request.path),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.body.encode(),
    )
    face = face_at(incoming.path)
    if face is None:
        known = ", ".join(f"{prefix}… ({face.title})" for face in FACES for prefix in face.prefixes)
        raise Refused("field_invalid", f"по этому пути не принимает ни один протокол; есть {known}", "path")
    channel = channel_for(face, own, request.channel)
    return answer(face, request_check(face=face, incoming=incoming, channel=channel, at=at))


def answer(face: Face, checked: Checked) -> wire_check.RequestChecked:
    return wire_check.RequestChecked(
        good=checked.good,
        face=face.name,
        faults=[wire_check.CheckFault(field=field, detail=text) for field, text in checked.faults],
        warnings=list(checked.warnings),
        external_id=checked.external_id,
        receipt_id=checked.known_id,
        signature=_signature(checked.signature),
        document=_document(checked.document),
    )


def _signature(signature: Signature | None) -> wire_check.CheckedSignature | None:
    if signature is None:
        return None
    return wire_check.CheckedSignature(
        good=signature.good,
        signed=signature.signed.decode(errors="replace"),
        given=signature.given,
        expected=signature.expected,
    )


def _document(document: Document | None) -> wire_check.CheckedDocument | None:
    if document is None:
        return None
    return wire_check.CheckedDocument(
        form=document.form, printed=as_text(printed(document)), fields="\n".join(tree(document.pairs))
    )
