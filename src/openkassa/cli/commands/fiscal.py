"""`kassa fiscal`: tools for the formats of the law."""

import binascii
import enum
import sys
from pathlib import Path
from typing import Annotated

import typer

from openkassa.cli.errors import Trouble

Source = Annotated[str, typer.Argument(help="A file, `-` for standard input, or the bytes themselves in hexadecimal.")]

app = typer.Typer(
    add_completion=False, pretty_exceptions_enable=False, help="Tools for the formats of the law.", no_args_is_help=True
)


@app.callback()
def fiscal() -> None:
    """Tools for the formats of the law."""


@app.command()
def describe(source: Source = "-") -> None:
    """Show what a document, container or message of the KKT-OFD protocol says."""
    from openkassa.fiscal.describe import describe as text_of

    print(text_of(_bytes_of(source)))


class Paper(enum.StrEnum):
    NARROW = "58"
    WIDE = "80"


@app.command("print")
def print_(
    source: Source = "-",
    paper: Annotated[Paper, typer.Option(help="Width of the paper in millimetres.")] = Paper.WIDE,
) -> None:
    """Print a document or container as text, the way a register does. The text of its QR code stands below."""
    from openkassa.fiscal.ffd.printed import WIDTH_58, WIDTH_80, as_text, printed
    from openkassa.fiscal.ffd.reader import read_document
    from openkassa.fiscal.ffd.tlv import MalformedTLV

    try:
        document = read_document(_bytes_of(source))
    except MalformedTLV as error:
        raise Trouble(f"this is no fiscal document: {error}; `kassa fiscal describe` shows what can be read") from error
    form = printed(document)
    print(as_text(form, WIDTH_58 if paper is Paper.NARROW else WIDTH_80), end="")
    if form.qr:
        print(form.qr)


def _bytes_of(source: str) -> bytes:
    """Bytes of a file or of an argument; text of hexadecimal digits, spaces allowed, is read as such."""
    if source == "-":
        data = sys.stdin.buffer.read()
    elif _is_file(source):
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


def _is_file(source: str) -> bool:
    try:
        return Path(source).is_file()
    except OSError:  # bytes in hexadecimal can be longer than any name
        return False
