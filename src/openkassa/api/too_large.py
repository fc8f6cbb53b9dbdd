"""The answer to a body that is refused before it is read, in the form of the face that it was sent to."""

from __future__ import annotations

from openkassa.api.body import MAX_BODY
from openkassa.api.faces import face_at
from openkassa.api.v1.face import FACE as V1

DETAIL = f"тело запроса больше {MAX_BODY} байт"


def too_large(path: str) -> tuple[str, bytes]:
    """(content type, body) of the 413 for a request to `path`."""
    return (face_at(path) or V1).too_large(DETAIL)
