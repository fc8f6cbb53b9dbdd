"""The formatter in templates: `{% load ui %}`."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from urllib.parse import urlencode

from django import template

from openkassa.ui import formats

register = template.Library()

register.filter("quantity", formats.quantity)
register.filter("integer", formats.integer)
register.filter("amount", formats.amount)
register.filter("duration", formats.duration)
register.filter("day", formats.day)


@register.filter
def zone(utc_offset: int | str) -> str:
    return formats.zone(int(utc_offset or 0))


@register.filter("on_date")
def on_date(value: dt.date | None) -> str:
    return formats.date(value) if value else ""


@register.simple_tag
def money(kopecks: int | None, currency: str = "RUB") -> str:
    return "" if kopecks is None else formats.money(int(kopecks), currency)


@register.simple_tag
def date_time(instant: dt.datetime | None, utc_offset: int | None = 0, seconds: bool = False) -> str:
    return "" if instant is None else formats.date_time(instant, int(utc_offset or 0), seconds=seconds)


@register.simple_tag
def clock_time(instant: dt.datetime | None, utc_offset: int | None = 0, seconds: bool = True) -> str:
    return "" if instant is None else formats.clock_time(instant, int(utc_offset or 0), seconds=seconds)


@register.simple_tag
def till_time(seconds: int | None) -> str:
    """Seconds of till-local time (tag 1012) as they stand on the receipt: there is no zone to move them to."""
    return "" if seconds is None else formats.date_time(dt.datetime.fromtimestamp(seconds, dt.UTC))


@register.filter
def percent_of(part: int | Decimal, whole: int | Decimal) -> int:
    """How many hundredths of `whole` `part` is, from 0 to 100."""
    return 0 if not whole else max(0, min(100, round(part * 100 / whole)))


@register.simple_tag(takes_context=True)
def query(context: dict, **changes: object) -> str:
    """The address's query with some values changed: what a link in a list with filters needs.

    An empty value takes the name away; the cursor is forgotten unless it is what changes.
    """
    parameters = {name: values for name, values in context["request"].GET.lists() if name != "after"}
    for name, value in changes.items():
        if value in (None, ""):
            parameters.pop(name, None)
        else:
            parameters[name] = [str(value)]
    return "?" + urlencode(parameters, doseq=True)


@register.simple_tag
def control(field) -> str:
    """The control of a bound field, with Tabler's class, tied to its hint and its error for screen readers."""
    from django.forms import CheckboxInput, Select

    widget = field.field.widget
    css = (
        "form-select" if isinstance(widget, Select) else "form-check-input" if isinstance(widget, CheckboxInput) else ""
    )
    attributes = {"class": " ".join(filter(None, [widget.attrs.get("class"), css or "form-control"]))}
    described = []
    if field.help_text:
        described.append(f"{field.id_for_label}_hint")
    if field.errors:
        attributes |= {"class": attributes["class"] + " is-invalid", "aria-invalid": "true"}
        described.append(f"{field.id_for_label}_error")
    if described:
        attributes["aria-describedby"] = " ".join(described)
    if field.widget_type == "password":
        attributes[":type"] = "type"
    return field.as_widget(attrs=attributes)


@register.simple_tag
def qr_image(text: str) -> str:
    """A QR code as a data: address of an SVG picture, dark on white in both themes, so that phones read it."""
    import segno

    return segno.make(text, error="m", micro=False).svg_data_uri(scale=4, border=3, dark="#000", light="#fff")
