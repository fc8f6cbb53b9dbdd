"""`kassa demo-info`."""

import json
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def demo_info(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show where the demo business is and what it is signed in to with."""
    from openkassa.cli import demo
    from openkassa.cli.errors import Trouble
    from openkassa.cli.home import follow_running
    from openkassa.core.settings import settings

    follow_running()
    try:
        info = demo.demo_info(settings())
    except demo.NoDemo as error:
        raise Trouble(str(error)) from error
    if as_json:
        print(json.dumps(info, ensure_ascii=False, indent=2))
        return
    from rich.console import Console

    from openkassa.cli.tour import addresses

    Console().print(addresses(info))
