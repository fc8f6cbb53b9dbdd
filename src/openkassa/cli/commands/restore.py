"""`kassa restore`."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file made by `kassa backup`.", exists=True, dir_okay=False)],
    force: Annotated[bool, typer.Option("--force", help="Replace what this home and its databases have.")] = False,
) -> None:
    """Bring a backup back. Nothing may run on this home meanwhile."""
    from openkassa.cli.backup import restore as run
    from openkassa.core.settings import settings

    run(settings(), file.resolve(), typer.echo, force=force)
