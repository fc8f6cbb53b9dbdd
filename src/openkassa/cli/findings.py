"""What the doctor says of one thing."""

from __future__ import annotations

from dataclasses import dataclass

GOOD, WARNING, BAD = "ok", "warning", "bad"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """`text` says what is so, `advice` what to do about it."""

    check: str
    level: str
    text: str
    advice: str = ""
