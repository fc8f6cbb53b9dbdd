"""`kassa up`."""

import sys
from typing import Annotated

import typer

FILE_WIDTH = 160  # columns of tables in a file or pipe

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def up(
    demo: Annotated[bool, typer.Option("--demo", help="Make a demo business and show a sale on its way.")] = False,
) -> None:
    """Run the whole platform on this machine until Ctrl-C."""
    from rich.console import Console

    from openkassa.cli.up import up as run
    from openkassa.core.settings import settings

    console = Console(width=None if sys.stdout.isatty() else FILE_WIDTH, soft_wrap=True)
    run(settings(), console, demo=demo)
