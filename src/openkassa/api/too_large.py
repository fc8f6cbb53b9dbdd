"""The answer to a body that is refused before it is read, in the form of the face that it was sent to."""

from __future__ import annotations

import msgspec

from openkassa.api.atol import errors
from openkassa.api.body import MAX_BODY
from openkassa.api.v1 import problems
from openkassa.core.clock import now

DETAIL = f"тело запроса больше {MAX_BODY} байт"


def too_large(path: str) -> tuple[str, bytes]:
    """(content type, body) of the 413 for a request to `path`."""
    if path.startswith(("/possystem/", "/v4/")):
        body = {"error": errors.error_body(errors.TOO_LARGE, detail=DETAIL), "timestamp": errors.timestamp(now())}
        return "application/json; charset=utf-8", msgspec.json.encode(body)
    refused = problems.Refused("body_too_large", DETAIL)
    return "application/problem+json", problems.encode(problems.problem(refused))
