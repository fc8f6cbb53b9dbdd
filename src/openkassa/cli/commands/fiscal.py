"""`kassa fiscal`: tools for the formats of the law."""

import binascii
import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(pretty_exceptions_enable=False, help="Tools for the formats of the law.", no_args_is_help=True)


@app.callback()
def fiscal() -> None:
    """Tools for the formats of the law."""


@app.command()
def describe(
    source: Annotated[
        str, typer.Argument(help="A file, `-` for standard input, or the bytes themselves in hexadecimal.")
    ] = "-",
) -> None:
    """Show what a document, container or message of the KKT-OFD protocol says."""
    from openkassa.fiscal.describe import describe as text_of

    print(text_of(_bytes_of(source)))


def _bytes_of(source: str) -> bytes:
    """Bytes of a file or of an argument; text of hexadecimal digits, spaces allowed, is read as such."""
    if source == "-":
        data = sys.stdin.buffer.read()
    elif Path(source).is_file():
        data = Path(source).read_bytes()
    else:
        try:
            return binascii.unhexlify("".join(source.split()))
        except ValueError:
            raise typer.BadParameter(f"«{source[:40]}» is neither a file nor hexadecimal") from None
    try:
        return binascii.unhexlify(b"".join(data.split()))
    except ValueError:
        return data
