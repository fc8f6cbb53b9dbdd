"""What a person fills in about a channel, and what a credential of each kind consists of."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as lazy

from openkassa.core.addresses import ForbiddenAddress
from openkassa.core.keys import random_digits, random_password
from openkassa.core.outgoing import check_url
from openkassa.core.tenancy import within
from openkassa.fiscal.text import printable
from openkassa.kassa.receipts import public_keys
from openkassa.kassa.receipts.models import Channel, ChannelKind
from openkassa.kassa.registers.models import Pool

CALLBACK_LENGTH = 256
LONGEST_WAIT = 30 * 24 * 60  # minutes
CODE_LETTERS = r"^[A-Za-z0-9_.-]+\Z"


@dataclass(frozen=True, slots=True)
class Credential:
    """What a client of a kind of channel is given: words for each part, "" for a part that the kind does not have."""

    code: str | Promise  # the channel's own name in requests
    login: str | Promise
    secret: str | Promise
    prefix: str = ""  # of the secret, so that a leaked one is known for what it is
    length: int = 22  # of its random part
    digits: int = 0  # of a login that clients take for a number
    public: str | Promise = ""  # the client's own public key, in place of a secret
    make_code: Callable[[], str] | None = None  # where clients expect a code of some form

    def new_code(self, kind: str) -> str:
        return self.make_code() if self.make_code is not None else f"{kind}-{random_password(8).lower()}"

    def new_login(self) -> str:
        if self.digits:
            return random_digits(self.digits)
        return f"shop-{random_password(10).lower()}" if self.login else ""

    def new_secret(self) -> str:
        return self.prefix + random_password(self.length)


CREDENTIALS = {
    ChannelKind.ATOL: Credential(code=lazy("Group code"), login=lazy("Login"), secret=lazy("Password")),
    ChannelKind.DIGITALKASSA: Credential(
        code=lazy("Group ID"),
        login=lazy("Actor ID"),
        secret=lazy("Token"),
        digits=9,
        make_code=lambda: random_digits(9),
    ),
    ChannelKind.KOMTET: Credential(
        code=lazy("Queue id"),
        login=lazy("Shop ID"),
        secret=lazy("Secret key"),
        length=32,
        digits=9,
        make_code=lambda: random_digits(6),
    ),
    ChannelKind.MODULKASSA: Credential(
        code=lazy("Retail point ID"),
        login=lazy("Login"),
        secret=lazy("Password"),
        make_code=lambda: str(uuid.uuid4()),
    ),
    ChannelKind.V1: Credential(code="", login="", secret=lazy("Key"), prefix="kassa_", length=32),
    ChannelKind.CLOUDKASSIR: Credential(code="", login=lazy("Public ID"), secret=lazy("API secret"), length=32),
    ChannelKind.ORANGEDATA: Credential(
        code=lazy("Group"), login=lazy("Key name"), secret="", public=lazy("Public key")
    ),
    ChannelKind.YOOKASSA: Credential(code="", login=lazy("Shop ID"), secret=lazy("Secret key"), length=32, digits=9),
}
USUAL = Credential(code=lazy("Code"), login=lazy("Login"), secret=lazy("Password"))  # of kinds not in the table


def credential_of(kind: str) -> Credential:
    return CREDENTIALS.get(ChannelKind(kind), USUAL)


class ChannelForm(forms.Form):
    """What may change while clients use the channel."""

    name = forms.CharField(label=lazy("Name"), max_length=100)
    callback_url = forms.CharField(
        label=lazy("Callback address"),
        max_length=CALLBACK_LENGTH,
        required=False,
        help_text=lazy("Where the shop is told what became of a receipt, unless the receipt names another address."),
        widget=forms.TextInput(attrs={"inputmode": "url", "placeholder": "https://"}),
    )
    expire_minutes = forms.IntegerField(
        label=lazy("Withdraw a receipt that has waited for, minutes"),
        min_value=1,
        max_value=LONGEST_WAIT,
        required=False,
        help_text=lazy("Empty: it waits for a register as long as it takes."),
    )
    marking_check = forms.BooleanField(
        label=lazy("Ask the marking system before a sale"),
        required=False,
        help_text=lazy("Goods that may not be sold are refused; the answer is written into the receipt."),
    )
    marking_key = forms.CharField(
        label=lazy("API key of the marking system"),
        max_length=200,
        required=False,
        help_text=lazy("It is kept sealed and not shown. Empty: the one that is kept stays."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    is_active = forms.BooleanField(
        label=lazy("Takes sales"),
        required=False,
        help_text=lazy("When it is off, requests are refused. Receipts that were accepted go on."),
    )

    has_marking_key = False  # the channel has one already

    @classmethod
    def of(cls, channel: Channel, data: QueryDict | None = None) -> ChannelForm:
        """The form as the channel is; with `data` as somebody wants it."""
        minutes = channel.expire_after and -(-channel.expire_after // 60)
        initial = {name: getattr(channel, name) for name in ("name", "callback_url", "is_active")}
        has_key = channel.marking_key is not None
        form = cls(data, initial={**initial, "expire_minutes": minutes, "marking_check": has_key})
        form.has_marking_key = has_key
        return form

    def clean_name(self) -> str:
        name = printable(self.cleaned_data["name"]).strip()
        if not name:
            raise forms.ValidationError(gettext("Give the channel a name."))
        return name

    def clean_callback_url(self) -> str:
        url = self.cleaned_data["callback_url"]
        if url:
            try:
                check_url(url, resolve=False)
            except ForbiddenAddress as error:
                raise forms.ValidationError(
                    gettext("Requests can't be sent to this address. Give a public one that begins with https://."),
                    code=error.code,
                ) from None
        return url

    def clean_marking_key(self) -> str:
        key = self.cleaned_data["marking_key"].strip()
        if not key and self.cleaned_data.get("marking_check") and not self.has_marking_key:
            raise forms.ValidationError(gettext("Give the key: without it the marking system answers nothing."))
        if not (key.isascii() and key.isprintable()):
            raise forms.ValidationError(gettext("The key has Latin letters, digits and signs only."))
        return key

    @property
    def new_marking_key(self) -> str | None:
        """The key to keep from now on, "" for none, None where nothing changes."""
        if not self.cleaned_data["marking_check"]:
            return "" if self.has_marking_key else None
        return self.cleaned_data["marking_key"] or None

    @property
    def expire_after(self) -> int | None:
        """Seconds."""
        minutes = self.cleaned_data["expire_minutes"]
        return None if minutes is None else minutes * 60


PUBLIC_KEY_FAULTS = {
    "private": lazy("This is a private key. Keep it to yourself and give its public part."),
    "unreadable": lazy("This is no public key. Give a PEM file or the XML with Modulus and Exponent."),
    "kind": lazy("The protocol needs an RSA key."),
    "short": lazy("The key is too short: it needs 2048 bits or more."),
}


class PublicKeyForm(forms.Form):
    """The public part of a key pair that a client made for itself; `cleaned_data` holds it as DER."""

    public_key = forms.CharField(
        label=lazy("Public key"),
        max_length=public_keys.LIMIT,
        strip=True,
        help_text=lazy(
            "RSA, 2048 bits or more: PEM, or the XML of a key generator. The private key stays in the shop."
        ),
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "class": "ui-mono"}),
    )

    def clean_public_key(self) -> bytes:
        try:
            return public_keys.read_public_key(self.cleaned_data["public_key"])
        except public_keys.BadPublicKey as bad:
            raise forms.ValidationError(PUBLIC_KEY_FAULTS[bad.code], code=bad.code) from None


class NewChannelForm(ChannelForm):
    kind = forms.ChoiceField(label=lazy("Protocol"), choices=ChannelKind.choices)
    pool_id = forms.TypedChoiceField(label=lazy("Registers"), coerce=uuid.UUID)
    code = forms.RegexField(
        CODE_LETTERS,
        label=lazy("Group code"),
        max_length=100,
        required=False,
        help_text=lazy("By which the shop names the channel. Empty: one is made up. It can't be changed later."),
        error_messages={"invalid": lazy("Use Latin letters, digits, hyphen, dot and underscore.")},
    )
    field_order = ("kind", "name", "pool_id", "code", "callback_url", "expire_minutes")

    def __init__(self, organisation_id: uuid.UUID, data=None) -> None:
        super().__init__(data, initial={"is_active": True})
        for name in ("is_active", "marking_check", "marking_key"):
            del self.fields[name]
        self._organisation_id = organisation_id
        with within(organisation_id):
            pools = list(Pool.objects.order_by("name"))
        choice = cast(forms.ChoiceField, self.fields["pool_id"])
        choice.choices = [(str(pool.id), _named(pool)) for pool in pools]

    def clean(self) -> dict:
        """A code that is free: two channels of one kind can't have the same."""
        values = super().clean() or self.cleaned_data
        kind, code = values.get("kind"), values.get("code")
        if kind and not code:
            values["code"] = credential_of(kind).new_code(kind)
        elif kind and code and self._is_taken(kind, code):
            self.add_error("code", forms.ValidationError(gettext("Another channel of this protocol has this code.")))
        return values

    def _is_taken(self, kind: str, code: str) -> bool:
        with within(self._organisation_id):
            return Channel.objects.filter(kind=kind, code=code).exists()


def _named(pool: Pool) -> str:
    return f"{pool.name} · {gettext('FFD')} {pool.get_ffd_display()}"
