"""`kassa backup`."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="Where to write the backup.")]) -> None:
    """Write both databases, the keys and the registers' journals into one file. The platform may be running."""
    from openkassa.cli.backup import backup as run
    from openkassa.cli.databases import database_running
    from openkassa.core.settings import settings

    with database_running(settings(), "kassa backup"):
        run(settings(), file.resolve(), typer.echo)
