"""`kassa doctor`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from openkassa.cli.findings import Finding

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
SIGNS = {"ok": "[green]✓[/]", "warning": "[yellow]![/]", "bad": "[red]✗[/]"}


@app.command()
def doctor(
    reconcile: Annotated[
        bool,
        typer.Option("--reconcile", help="Adopt documents that the database lacks from devices and the operator."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Find what is wrong and say what to do. Exit code 1 when something is bad. Never makes a document."""
    findings = _findings(reconcile)
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
    else:
        _show(findings)
    raise typer.Exit(1 if any(finding.level == "bad" for finding in findings) else 0)


def _findings(reconcile: bool) -> list[Finding]:
    """What can be found, with or without a database."""
    from django.db import OperationalError

    from openkassa.cli.django_process import set_up
    from openkassa.cli.errors import UnknownSchema
    from openkassa.cli.findings import BAD, Finding
    from openkassa.cli.home import follow_running
    from openkassa.core.settings import settings

    follow_running()
    own = settings()
    trouble: OperationalError | UnknownSchema | None = None
    try:
        set_up("kassa", "doctor")
    except (OperationalError, UnknownSchema) as error:
        trouble = error
    from openkassa.cli import checks
    from openkassa.cli.comparison import compare

    findings = [finding for check in checks.LOCAL_CHECKS for finding in check(own)]
    if isinstance(trouble, UnknownSchema):
        return [*findings, Finding(check="database", level=BAD, text=str(trouble))]
    if trouble is not None:
        return [*findings, checks.lost_database(trouble)]
    for check in checks.DATABASE_CHECKS:
        findings += checks.guarded(check, own)
    findings += checks.guarded(lambda _: checks.ledgers(whole=reconcile), own)
    findings += checks.guarded(lambda settings: iter(compare(settings, adopt=reconcile)), own)
    return findings


def _show(findings: list[Finding]) -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console(soft_wrap=True, highlight=False)
    for finding in findings:
        console.print(f"{SIGNS[finding.level]} [bold]{escape(finding.check)}[/]: {escape(finding.text)}")
        if finding.advice:
            console.print(f"    → {escape(finding.advice)}")
