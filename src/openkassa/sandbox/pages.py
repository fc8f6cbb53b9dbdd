"""Pages of the sandbox, for people. What came from outside is escaped; a mail's HTML is shown in a frame that may run,
load and send nothing; a link in it opens when a person clicks it."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from django.template import Context, Engine
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from openkassa.sandbox.answers import body_of
from openkassa.sandbox.api import fault_set, store_of
from openkassa.sandbox.faults import FAULTS, WrongFault, checked
from openkassa.sandbox.mailbox import read_mail
from openkassa.sandbox.words import language_of, words

FOLDER = Path(__file__).parent
PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'"
)
MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
)


@functools.cache
def _engine() -> Engine:
    return Engine(dirs=[str(FOLDER / "templates")])


def page(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    language = language_of(request)
    values |= {"t": words(language), "language": language, "path": request.url.path}
    html = _engine().get_template(template).render(Context(values, use_l10n=False, use_tz=False))
    response = Response(html, status_code=status, media_type="text/html")
    response.headers["Content-Security-Policy"] = PAGE_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    if request.query_params.get("lang") == language:
        response.set_cookie("sandbox_language", language, samesite="lax", httponly=True)
    return response


async def index(request: Request) -> Response:
    store = store_of(request)
    addresses = {
        "SMTP": request.app.state.smtp_address,
        "SMS": f"POST {request.url.scheme}://{request.url.netloc}/sms",
        "Webhook": f"{request.url.scheme}://{request.url.netloc}/hook/NAME",
        "Marking": request.app.state.marking_address,
        "Marking, registers (TCP)": request.app.state.exchange_address,
    }
    counts = {"mailbox": len(store.mails()), "phone": len(store.smses()), "hooks": len(store.hooks())}
    counts["marking"] = len(request.app.state.codes.all())
    return page(request, "index.html", addresses=addresses, counts=counts, faults_on=store.faults())


async def mailbox(request: Request) -> Response:
    mails = [read_mail(row) for row in store_of(request).mails()]
    return page(request, "mailbox.html", mails=mails)


async def mail(request: Request) -> Response:
    row = store_of(request).mail(request.path_params["number"])
    if row is None:
        return page(request, "missing.html", status=404)
    return page(request, "mail.html", mail=read_mail(row))


async def mail_html(request: Request) -> Response:
    row = store_of(request).mail(request.path_params["number"])
    html = read_mail(row)["html"] if row else ""
    shown = f'<base target="_blank">{html}'  # a link that is clicked opens beside, not in the frame
    return Response(shown, media_type="text/html", headers={"Content-Security-Policy": MAIL_POLICY})


async def mail_raw(request: Request) -> Response:
    row = store_of(request).mail(request.path_params["number"])
    headers = {"X-Content-Type-Options": "nosniff"}
    return Response(row["raw"] if row else b"", media_type="text/plain; charset=utf-8", headers=headers)


async def phone(request: Request) -> Response:
    return page(request, "phone.html", messages=store_of(request).smses(request.query_params.get("to", "")))


async def hooks(request: Request) -> Response:
    rows = store_of(request).hooks(request.query_params.get("name", ""))
    shown = [row | {"body": _readable(row["body"]), "headers": row["headers"]} for row in rows]
    return page(request, "hooks.html", requests=shown)


async def faults(request: Request) -> Response:
    return _faults_page(request)


async def faults_save(request: Request) -> Response:
    """The page's form, one fault a request; JSON goes to the API."""
    if "json" in request.headers.get("content-type", ""):
        return await fault_set(request)
    form = {name: values[0] for name, values in parse_qs((await body_of(request)).decode("utf-8", "replace")).items()}
    if form.get("name") == "all":
        store_of(request).clear("fault")
        return _faults_page(request)
    try:
        name, value, times = checked(form.get("name", ""), form.get("value"), form.get("times"))
    except WrongFault as error:
        return _faults_page(request, status=422, error=str(error))
    store_of(request).set_fault(name, value, times)
    return _faults_page(request, saved=True)


async def clear(request: Request) -> Response:
    """The pages' «clear» buttons."""
    what = request.path_params["what"]
    tables = {"mailbox": "mail", "phone": "sms", "hooks": "hook"}
    if what not in tables:
        return page(request, "missing.html", status=404)
    store_of(request).clear(tables[what])
    return RedirectResponse(f"/{what}", status_code=303)


async def not_found(request: Request, _error: Exception) -> Response:
    return page(request, "missing.html", status=404)


def _faults_page(request: Request, status: int = 200, **values: Any) -> Response:
    on = store_of(request).faults()
    language = language_of(request)
    rows = [
        {
            "name": fault.name,
            "text": fault.ru if language == "ru" else fault.en,
            "unit": words(language)[f"units_{fault.unit}"],
            "value": f"{on[fault.name]['value']:g}" if fault.name in on else "0",
            "times": (on.get(fault.name) or {}).get("times") or "",
            "on": fault.name in on,
        }
        for fault in FAULTS.values()
    ]
    return page(request, "faults.html", status=status, rows=rows, **values)


def _readable(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")


ROUTES = [
    Route("/", index),
    Route("/mailbox", mailbox),
    Route("/mailbox/{number:int}", mail),
    Route("/mailbox/{number:int}/html", mail_html),
    Route("/mailbox/{number:int}/raw", mail_raw),
    Route("/phone", phone),
    Route("/hooks", hooks),
    Route("/faults", faults, methods=["GET"]),
    Route("/faults", faults_save, methods=["POST"]),
    Route("/{what}/clear", clear, methods=["POST"]),
    Mount("/static", StaticFiles(directory=FOLDER / "static")),
]
