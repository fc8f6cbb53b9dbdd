"""`kassa up`."""

from typing import Annotated

import typer

app = typer.Typer(pretty_exceptions_enable=False)


@app.command()
def up(
    demo: Annotated[bool, typer.Option("--demo", help="Make a demo business and show a sale on its way.")] = False,
) -> None:
    """Run the whole platform on this machine until Ctrl-C."""
    from rich.console import Console

    from openkassa.cli.up import up as run
    from openkassa.core.settings import settings

    run(settings(), Console(soft_wrap=True), demo=demo)
