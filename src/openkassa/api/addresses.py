"""Addresses in requests and answers: callbacks, checked by the mask that ATOL publishes, and public receipts.

The mask is `^http(s?)\\:\\/\\/[0-9a-zA-Zа-яА-Я]([-.\\w]*[0-9a-zA-Zа-яА-Я])*(:(0-9)*)*(\\/?)([a-zA-Z0-9а-яА-Я\\-\\.\\?\\,\\'\\/\\\\\\+&=%\\$#_]*)?$`.
As it stands it takes exponential time on addresses made for that; the pattern here accepts the same texts in linear time
(an address with `0-9` after a colon excepted, which the mask takes literally and which nobody has).
"""  # noqa: E501

from __future__ import annotations

import re

from openkassa.core.settings import settings
from openkassa.kassa.receipts.selectors import DocumentFacts

LIMIT = 256
_ALNUM = "0-9a-zA-Zа-яА-Я"
_MASK = re.compile(rf"https?://[{_ALNUM}](?:[-.\w]*[{_ALNUM}])?:*/?[{_ALNUM}\-.?,'/\\+&=%$#_]*")

_WEB = re.compile(r"https?://[^\s/?#\x00-\x1f\x7f]+(?:[/?#][^\s\x00-\x1f\x7f]*)?")


def callback_address(text: str) -> str:
    """`text` when it can be called, "" when it fails the mask: the receipt is accepted all the same."""
    return text if len(text) <= LIMIT and _MASK.fullmatch(text) else ""


def web_address(text: str) -> str:
    """The same for faces whose originals publish no mask: any http address that fits, "" for other text."""
    return text if len(text) <= LIMIT and _WEB.fullmatch(text) else ""


def receipt_address(document: DocumentFacts) -> str:
    """The receipt's public page at the operator."""
    return f"{settings().ofd_public_url}/receipt/{document.fn}/{document.fd}/{document.fiscal_sign}"
