"""Requests that no view sees are refused in the form of the face that they were sent to."""

from __future__ import annotations

import json

import pytest

from openkassa.api.faces import FACES
from openkassa.api.refusals import DETAILS, refused

# Where each face's errors say what happened, and what of the answer tells its client that it is an error.
SAYS = {
    "atol": lambda body: body["error"]["text"],
    "komtet": lambda body: body["description"],
    "modulkassa": lambda body: body["message"],
    "digitalkassa": lambda body: body[0]["desc"],
    "yookassa": lambda body: body["description"],
    "cloudkassir": lambda body: body["Message"],
    "orangedata": lambda body: body["errors"][0],
    "v1": lambda body: body["detail"],
}
CODES = {
    "atol": lambda body, status: body["error"]["code"] == (50 if status >= 500 else 40),
    "komtet": lambda body, status: body["code"].startswith("SRV") == (status >= 500),
    "yookassa": lambda body, status: (body["code"] == "internal_server_error") == (status >= 500),
    "cloudkassir": lambda body, status: body["Success"] is False and body["Model"]["ErrorCode"] != 0,
    "v1": lambda body, status: body["status"] == status,
}


@pytest.mark.parametrize("status", DETAILS)
@pytest.mark.parametrize("face", FACES, ids=lambda face: face.name)
def test_a_refusal_has_the_form_of_its_face(face, status):
    for prefix in face.prefixes:
        content_type, text = refused(f"{prefix}anything", status)
        assert "json" in content_type
        body = json.loads(text)
        assert DETAILS[status] in SAYS[face.name](body)
        assert CODES.get(face.name, lambda *_: True)(body, status)


@pytest.mark.parametrize("face", FACES, ids=lambda face: face.name)
def test_an_address_that_nobody_answers_has_the_form_of_its_face(face, client):
    answer = client.get(f"{face.prefixes[0]}v99/nothing")
    assert answer.status_code in (400, 401, 403, 404)
    assert SAYS[face.name](answer.json())


def test_an_address_under_no_face_is_answered_as_by_v1(client):
    assert client.get("/api/nowhere").json()["code"] == "path_unknown"
