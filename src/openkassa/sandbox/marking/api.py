"""Codes of the sandbox's marking service, as people and tests see and change them."""

from __future__ import annotations

from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from openkassa.core.clock import now
from openkassa.fiscal.marking import MarkingError
from openkassa.sandbox.answers import JSON, BadRequest, body_of, json_of
from openkassa.sandbox.marking.codes import STATES, Codes
from openkassa.sandbox.pages import page
from openkassa.sandbox.words import language_of, words


def codes_in(request: Request) -> Codes:
    return request.app.state.codes


async def codes_list(request: Request) -> Response:
    return JSON({"codes": codes_in(request).all(), "states": list(STATES), "questions": codes_in(request).questions()})


async def codes_put(request: Request) -> Response:
    """PUT /api/marking/codes {code, state}."""
    given = await json_of(request)
    code, state = given.get("code"), given.get("state", "in_circulation")
    if not isinstance(code, str) or state not in STATES:
        raise BadRequest(f"code is a marking code, state one of {', '.join(STATES)}")
    try:
        codes_in(request).put(code, state, now())
    except MarkingError as error:
        raise BadRequest(error.text) from error
    return JSON({"codes": codes_in(request).all()})


async def codes_clear(request: Request) -> Response:
    codes_in(request).clear()
    return Response(status_code=204)


async def codes_page(request: Request) -> Response:
    return _page(request)


async def codes_save(request: Request) -> Response:
    """The page's form: one code and the state that it gets."""
    form = {name: values[0] for name, values in parse_qs((await body_of(request)).decode("utf-8", "replace")).items()}
    state = form.get("state", "")
    if state not in STATES:
        return _page(request, status=422, error=words(language_of(request))["wrong_code"])
    try:
        codes_in(request).put(form.get("code", ""), state, now())
    except MarkingError as error:
        return _page(request, status=422, error=error.text)
    return RedirectResponse("/marking", status_code=303)


def _page(request: Request, status: int = 200, error: str = "") -> Response:
    said = words(language_of(request))
    states = [(state, said[f"state_{state}"]) for state in STATES]
    named = dict(states)
    rows = [row | {"readable": row["code"].replace("\x1d", "␝"), "said": named[row["state"]]} for row in _rows(request)]
    return page(request, "marking.html", status=status, rows=rows, states=states, error=error)


def _rows(request: Request) -> list[dict]:
    return codes_in(request).all()


ROUTES = [
    Route("/api/marking/codes", codes_list, methods=["GET"]),
    Route("/api/marking/codes", codes_put, methods=["PUT"]),
    Route("/api/marking/codes", codes_clear, methods=["DELETE"]),
    Route("/marking", codes_page, methods=["GET"]),
    Route("/marking", codes_save, methods=["POST"]),
]
