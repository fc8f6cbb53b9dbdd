"""`kassa trace`."""

import json
import uuid
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def trace(
    receipt: Annotated[uuid.UUID, typer.Argument(help="Id of a receipt.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print the life of a receipt: request, attempts, register, document, operator, callbacks, copies."""
    from rich.console import Console

    from openkassa.cli.django_process import set_up
    from openkassa.cli.errors import Trouble
    from openkassa.cli.home import follow_running

    follow_running()
    set_up("kassa", "trace")
    from openkassa.cli.life import life_of_receipt

    steps = life_of_receipt(receipt)
    if steps is None:
        raise Trouble(f"There is no receipt {receipt}. Look for it in the cabinet or by external_id over the API.")
    if as_json:
        print(
            json.dumps([{"at": at, "who": who, "what": what} for at, who, what in steps], ensure_ascii=False, indent=2)
        )
        return
    console = Console(soft_wrap=True)
    for at, who, what in steps:
        console.print(f"{at:27}  {who:10}  {what}", highlight=False, markup=False)
