"""`kassa qr`: what a payment's QR code says."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(
    help="QR codes by which buyers pay.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)


@app.callback()
def qr() -> None:
    """QR codes by which buyers pay."""


@app.command()
def describe(
    text: Annotated[str, typer.Argument(help="The text of a code: a link of ELQR or СБП, or a fragment.")],
) -> None:
    """Say what a code of ELQR or СБП holds, or what is wrong with it."""
    import dataclasses

    from openkassa.cli.errors import Trouble
    from openkassa.payqr import elqr, sbp

    try:
        found = sbp.read(text) if text.strip().startswith(sbp.HOST) else elqr.read(text.strip())
    except elqr.WrongQr as error:
        raise Trouble(f"{error.code}: {error}") from None
    typer.echo(f"{'СБП' if isinstance(found, sbp.Sbp) else 'ELQR'}, {found.kind}")
    for field in dataclasses.fields(found):
        value = getattr(found, field.name)
        if value not in (None, ()):
            typer.echo(f"{field.name:18}{value}")
