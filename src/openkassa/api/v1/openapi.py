"""The OpenAPI 3.1 document of v1, made from the very shapes that requests are decoded into, and a page that shows it.

The page is plain HTML from this server: nothing is loaded from elsewhere and there is no script.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib import resources
from typing import Any, NamedTuple, get_args

import msgspec
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from openkassa import __version__
from openkassa.api.v1 import wire, wire_check, wire_corrections, wire_prepayments, words
from openkassa.api.v1.problems import CATALOGUE

REF = "#/components/schemas/{name}"
PAGE_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'"


Filter = tuple[str, dict[str, Any], str]  # name, schema, description
PAGE: tuple[Filter, ...] = (
    ("after", {"type": "string", "format": "uuid"}, "`next` of the page before."),
    ("limit", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}, ""),
)
FILTERS: tuple[Filter, ...] = (
    ("external_id", {"type": "string"}, "The receipt with this external_id; other filters are not looked at."),
    ("state", {"enum": list(get_args(words.State))}, ""),
    ("operation", {"enum": list(words.OPERATIONS)}, ""),
    ("accepted_from", {"type": "string", "format": "date-time"}, "Accepted at this time or later."),
    ("accepted_to", {"type": "string", "format": "date-time"}, "Accepted before this time."),
    ("total", {"type": "integer"}, "Kopecks."),
    ("fd", {"type": "integer"}, "Number of the fiscal document."),
    *PAGE,
)


class Operation(NamedTuple):
    method: str
    path: str
    id: str
    summary: str
    request: type | None
    answers: Mapping[int, type]
    problems: tuple[str, ...]
    keyed: bool = False  # takes Idempotency-Key
    filters: tuple[Filter, ...] = ()  # of a list


_ANY = ("key_missing", "key_unknown", "account_blocked", "unavailable")
_BODY = ("json_malformed", "media_type", "body_too_large", "field_invalid")
_RECEIPT = ("receipt_invalid", "external_id_taken", "idempotency_key_taken")
_SUMS = ("line_amount_differs", "payments_differ")
_MADE = {201: wire.ReceiptAnswer, 200: wire.ReceiptAnswer}
_CORRECTED = {201: wire_corrections.CorrectionAnswer, 200: wire_corrections.CorrectionAnswer}

OPERATIONS = (
    Operation(
        "post", "/receipts", "acceptReceipt",
        "Accept a sale, refund or correction. 201 for a new receipt; 200 with the first one when external_id and "
        "body are known already.",
        wire.Receipt, _MADE,
        (*_BODY, *_RECEIPT, *_SUMS, "total_differs", "receipt_unknown", "refund_impossible", "refund_exceeds"),
        keyed=True,
    ),
    Operation(
        "post", "/receipts/batch", "acceptReceipts",
        f"Accept up to {wire.BATCH_LIMIT} receipts, each with a result of its own.",
        wire.Batch, {200: wire.BatchAnswer}, _BODY, keyed=True,
    ),
    Operation(
        "get", "/receipts", "listReceipts", "List receipts, newest first, or find the one with an external_id.",
        None, {200: wire.Page}, ("parameter_invalid",), filters=FILTERS,
    ),
    Operation(
        "get", "/receipts/{id}", "getReceipt", "What became of a receipt.",
        None, {200: wire.ReceiptAnswer}, ("receipt_unknown",),
    ),
    Operation(
        "post", "/receipts/{id}/refund", "refundReceipt",
        "Refund a receipt or chosen lines of it. All refunds of a receipt together never exceed it.",
        wire.Refund, _MADE, (*_BODY, *_RECEIPT, "receipt_unknown", "refund_impossible", "refund_exceeds"), keyed=True,
    ),
    Operation(
        "post", "/receipts/{id}/offset", "offsetPrepayment",
        "Make the sale that offsets a prepayment, whole or in part. All offsets and refunds of it together never "
        "exceed it.",
        wire_prepayments.Offset, _MADE,
        (*_BODY, *_RECEIPT, "line_amount_differs", "receipt_unknown", "offset_impossible", "offset_exceeds"),
        keyed=True,
    ),
    Operation(
        "get", "/prepayments", "listPrepayments", "List open prepayments, newest first.",
        None, {200: wire_prepayments.PrepaymentPage}, ("parameter_invalid",), filters=PAGE,
    ),
    Operation(
        "post", "/receipts/{id}/correction/preview", "previewCorrection",
        "Show the documents that would put a wrong receipt right. Nothing is stored.",
        wire_corrections.CorrectionPlan, {200: wire_corrections.CorrectionPreview},
        (*_BODY, "receipt_unknown", "receipt_invalid", "correction_impossible", *_SUMS),
    ),
    Operation(
        "post", "/receipts/{id}/correction", "correctReceipt",
        "Put a wrong receipt right: its reversal and the right receipt, both or neither, once for an external_id.",
        wire_corrections.CorrectionOrder, _CORRECTED,
        (*_BODY, "receipt_unknown", "receipt_invalid", "external_id_taken", "correction_impossible", *_SUMS),
    ),
    Operation(
        "post", "/validate", "checkRequest",
        "Try a request of any wire face: what would be fiscalised, each problem named, what was signed. "
        "Nothing is stored.",
        wire_check.RequestToCheck, {200: wire_check.RequestChecked}, _BODY,
    ),
    Operation(
        "post", "/receipts/{id}/withdraw", "withdrawReceipt", "Withdraw a receipt that no register has taken yet.",
        wire.Withdrawal, {200: wire.ReceiptAnswer}, (*_BODY, "receipt_unknown", "not_waiting"),
    ),
)  # fmt: skip


@functools.cache
def document() -> dict[str, Any]:
    """The OpenAPI document."""
    shapes = {shape for operation in OPERATIONS for shape in (operation.request, *operation.answers.values()) if shape}
    ordered = sorted(shapes, key=lambda shape: shape.__name__)
    # The batch reads its receipts one by one, so its shape doesn't name theirs.
    _, components = msgspec.json.schema_components((*ordered, wire.Receipt, wire.Problem), ref_template=REF)
    components["Batch"]["properties"]["receipts"]["items"] = {"$ref": REF.format(name="Receipt")}
    paths: dict[str, Any] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "OpenKassa v1",
            "version": __version__,
            "description": "Sales become fiscal receipts. Amounts are integer kopecks, quantities decimals in strings.",
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"channelKey": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"channelKey": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "responses": {
            str(status): {"description": "The answer.", "content": _content("application/json", shape)}
            for status, shape in operation.answers.items()
        },
    }
    by_status: dict[int, list[str]] = {}
    for code in (*_ANY, *operation.problems):
        by_status.setdefault(CATALOGUE[code].status, []).append(code)
    for status, codes in sorted(by_status.items()):
        described["responses"][str(status)] = {
            "description": ", ".join(codes),
            "content": _content("application/problem+json", wire.Problem),
        }
    parameters = []
    if "{id}" in operation.path:
        parameters.append(
            {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
        )
    if operation.keyed:
        schema = {"type": "string", "minLength": 1, "maxLength": 200}
        parameters.append({"name": "Idempotency-Key", "in": "header", "schema": schema})
    parameters += [
        {"name": name, "in": "query", "schema": schema, "description": text} for name, schema, text in operation.filters
    ]
    if parameters:
        described["parameters"] = parameters
    if operation.request is not None:
        described["requestBody"] = {
            "required": operation.request not in (wire.Withdrawal, wire_corrections.CorrectionPlan),
            "content": _content("application/json", operation.request),
        }
    return described


def _content(media_type: str, shape: type) -> dict[str, Any]:
    return {media_type: {"schema": {"$ref": REF.format(name=shape.__name__)}}}


@csrf_exempt
@require_safe
def document_view(request: HttpRequest) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(document()), content_type="application/json")


@csrf_exempt
@require_safe
def page_view(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(_page())
    response["Content-Security-Policy"] = PAGE_POLICY
    response["X-Content-Type-Options"] = "nosniff"
    return response


@csrf_exempt
@require_safe
def style_view(request: HttpRequest) -> HttpResponse:
    style = resources.files(__package__).joinpath("docs.css").read_text(encoding="utf-8")
    return HttpResponse(style, content_type="text/css; charset=utf-8")


@functools.cache
def _page() -> str:
    schemas = document()["components"]["schemas"]
    return render_to_string(
        "api/v1/docs.html",
        {
            "operations": [
                {
                    "method": operation.method.upper(),
                    "path": "/api/v1" + operation.path,
                    "id": operation.id,
                    "summary": operation.summary,
                    "request": operation.request.__name__ if operation.request else None,
                    "answers": [(status, shape.__name__) for status, shape in operation.answers.items()],
                    "problems": [*_ANY, *operation.problems],
                    "filters": operation.filters,
                    "keyed": operation.keyed,
                }
                for operation in OPERATIONS
            ],
            "schemas": [
                (name, _rows(schema), schema.get("description", "")) for name, schema in sorted(schemas.items())
            ],
            "problems": [(code, kind) for code, kind in CATALOGUE.items()],
            "version": __version__,
        },
    )


def _rows(schema: dict[str, Any]) -> list[dict[str, Any]]:
    required = schema.get("required", [])
    return [
        {
            "name": name,
            "required": name in required,
            "type": _type(field),
            "ref": _ref(field),
            "description": field.get("description", ""),
        }
        for name, field in schema.get("properties", {}).items()
    ]


def _ref(field: dict[str, Any]) -> str | None:
    """Name of the schema that a field leads to."""
    for part in (field, field.get("items", {}), *field.get("anyOf", ())):
        if "$ref" in part:
            return part["$ref"].rpartition("/")[2]
        if "$ref" in part.get("items", {}):
            return part["items"]["$ref"].rpartition("/")[2]
    return None


def _type(field: dict[str, Any]) -> str:
    """A field's type for people."""
    if "anyOf" in field:
        return " or ".join(_type(part) for part in field["anyOf"] if part.get("type") != "null") or "null"
    if "$ref" in field:
        return field["$ref"].rpartition("/")[2]
    if "enum" in field:
        return " | ".join(str(value) for value in field["enum"])
    if field.get("type") == "array":
        return f"list of {_type(field.get('items', {}))}"
    limits = [
        f"{label} {field[key]}"
        for key, label in (
            ("minLength", "from"), ("maxLength", "to"), ("minimum", "≥"), ("maximum", "≤"), ("pattern", "like"),
        )
        if key in field
    ]  # fmt: skip
    return " ".join([field.get("format") or field.get("type", "any"), *limits])
