"""What a person fills in about the right receipt, and the draft that comes of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
from django import forms
from django.forms.formsets import BaseFormSet
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from openkassa.fiscal.draft import Item, Payments, ReceiptDraft
from openkassa.fiscal.ffd import codes, vat
from openkassa.fiscal.text import printable
from openkassa.web import wording

LINES_LIMIT = 100
_SUM = re.compile(r"([0-9]{1,12})(?:[.,]([0-9]{1,2}))?")


class MoneyField(forms.CharField):
    """Kopecks, written in roubles: `1 234,50`."""

    def __init__(self, **given: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(max_length=20, widget=widget, **given)

    def prepare_value(self, value: Any) -> Any:
        return f"{value // 100},{value % 100:02}" if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        text = re.sub(r"\s", "", super().clean(value))
        if not text:
            return 0
        match = _SUM.fullmatch(text)
        if match is None:
            raise forms.ValidationError(_("Write a sum in roubles: 1234,50."))
        return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))


class QuantityField(forms.CharField):
    """A decimal above nothing, None where it is left empty: `1,254`."""

    def __init__(self, **given: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        super().__init__(max_length=20, widget=widget, **given)

    def clean(self, value: Any) -> Any:
        text = re.sub(r"\s", "", super().clean(value)).replace(",", ".")
        if not text:
            return None
        if not re.fullmatch(r"[0-9]{1,8}(\.[0-9]{1,6})?", text):
            raise forms.ValidationError(_("Write a number, with at most six digits after the comma."))
        return Decimal(text)


_RATES = [vat.rate(code) for code in vat.CODES]


def _usual_first(row: vat.Rate) -> tuple:
    return row.kind == "extracted", -row.percent, row.code


class LineForm(forms.Form):
    """A line of the right receipt; without a name the line is left out."""

    name = forms.CharField(label=lazy("Name"), max_length=128, required=False)
    price = MoneyField(label=lazy("Price"), required=False)
    quantity = QuantityField(label=lazy("Quantity"), required=False)
    rate = forms.TypedChoiceField(
        label=lazy("VAT"),
        choices=[(row.code, row.label) for row in sorted(_RATES, key=_usual_first)],
        coerce=int,
    )

    def clean(self) -> dict:
        cleaned = super().clean() or {}
        cleaned["name"] = printable(cleaned.get("name", "")).strip()
        if cleaned["name"] and not cleaned.get("quantity") and "quantity" not in self.errors:
            self.add_error("quantity", _("The quantity has to be more than zero."))
        return cleaned


class _Lines(BaseFormSet):
    def clean(self) -> None:
        if not any(self.errors) and not any(line.cleaned_data.get("name") for line in self.forms):
            raise forms.ValidationError(_("A receipt needs at least one line."))


def line_forms(items: Sequence[Item], data: QueryDict | None) -> BaseFormSet:
    """A form for each line and an empty one."""
    first = [
        {
            "name": item.name,
            "price": item.price,
            "quantity": f"{item.quantity:f}".replace(".", ","),
            "rate": item.vat,
        }
        for item in items
    ]
    lines = forms.formset_factory(LineForm, formset=_Lines, extra=1, max_num=LINES_LIMIT, absolute_max=LINES_LIMIT)
    made = lines(data, initial=first, prefix="line")
    if items and data is None:
        made.forms[-1].initial["rate"] = items[0].vat
    return made


def edited(items: Sequence[Item], lines: BaseFormSet) -> tuple[Item, ...]:
    """The lines as valid forms have them; what the forms don't say stays as in `items`."""
    found = []
    for index, line in enumerate(lines.cleaned_data):
        if not line.get("name"):
            continue
        old = items[index] if index < len(items) else None
        fields = {"name": line["name"], "price": line["price"], "quantity": line["quantity"], "vat": line["rate"]}
        if old is not None and (old.price, old.quantity) == (line["price"], line["quantity"]):
            found.append(msgspec.structs.replace(old, **fields))
            continue
        fields["amount"] = vat.line_amount(line["price"], line["quantity"])
        pattern = old or Item(**fields, method=codes.FULL_PAYMENT, kind=1)
        found.append(msgspec.structs.replace(pattern, **fields))
    return tuple(found)


class RightForm(forms.Form):
    """All of the right receipt but its lines, and by whose order it is made."""

    only_reverse = forms.BooleanField(label=lazy("There was no settlement: only reverse the receipt"), required=False)
    order = forms.CharField(
        label=lazy("Number of the tax service's order"),
        max_length=32,
        required=False,
        help_text=lazy("Empty: you correct on your own accord."),
    )
    taxation = forms.TypedChoiceField(label=lazy("Taxation"), coerce=int)

    def __init__(self, wrong: ReceiptDraft, taxations: int, data: QueryDict | None = None) -> None:
        super().__init__(data, initial={"taxation": wrong.taxation, **msgspec.structs.asdict(wrong.payments)})
        for name, words in wording.PAYMENTS:
            self.fields[name] = MoneyField(label=capfirst(words), required=False)
        known = [(bit, words) for bit, words in wording.TAXATIONS.items() if bit & taxations]
        self.fields["taxation"].choices = known  # type: ignore[attr-defined]
        self.wrong = wrong
        self.lines = line_forms(wrong.items, data)

    def payments(self) -> list[forms.BoundField]:
        return [self[name] for name, _words in wording.PAYMENTS]

    def is_valid(self) -> bool:
        whole = super().is_valid()
        return whole and (self.cleaned_data["only_reverse"] or self.lines.is_valid())

    def right(self, wrong: ReceiptDraft) -> ReceiptDraft | None:
        """The right receipt; None when there is to be none."""
        given = self.cleaned_data
        if given["only_reverse"]:
            return None
        items = edited(wrong.items, self.lines)
        total = wrong.total if items == wrong.items else sum(item.amount for item in items)
        payments = Payments(**{name: given[name] for name, _words in wording.PAYMENTS})
        used = [name for name, amount in msgspec.structs.asdict(wrong.payments).items() if amount]
        if payments == wrong.payments and len(used) == 1:
            payments = Payments(**{used[0]: total})
        return msgspec.structs.replace(
            wrong,
            items=items,
            total=total,
            payments=payments,
            taxation=given["taxation"],
            correction_vat=() if items else wrong.correction_vat,
            cashless=wrong.cashless if payments == wrong.payments else (),
        )


__all__ = ["MoneyField", "RightForm", "edited", "line_forms"]
