"""What follows from a receipt that is there, and was refused."""

from __future__ import annotations


class FollowUpRefused(Exception):
    """The text is for the wire faces, in Russian; `code` is for pages, which have words for each
    (`web/service_texts.py`)."""

    def __init__(self, text: str, code: str) -> None:
        super().__init__(text)
        self.code = code
