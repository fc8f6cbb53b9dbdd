"""What a check found."""

from __future__ import annotations

from typing import Final, NamedTuple

ERROR: Final = "error"
WARNING: Final = "warning"


class Finding(NamedTuple):
    """An error refuses the receipt or document, a warning never does.

    `code` is stable, `path` is where ("items[2].vat" of a draft, "1059[2].1199" of a document), `text` says in Russian
    what is wrong and what to do, `tag` is the tag concerned when there is one.
    """

    severity: str
    code: str
    path: str
    text: str
    tag: int | None = None


def errors(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity == ERROR]
