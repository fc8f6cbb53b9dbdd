"""`kassa device`."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def device(
    home: Annotated[Path, typer.Argument(help="Directory of the device: device.json and its journal.")],
    faults: Annotated[bool, typer.Option("--faults", help="Let callers switch faults on.")] = False,
) -> None:
    """Run an emulated cash register."""
    from openkassa.cli.errors import Trouble
    from openkassa.core import logs
    from openkassa.core.settings import settings
    from openkassa.device.main import DeviceProblem, run

    logs.configure(f"device-{home.name}")
    try:
        run(home, faults=faults or settings().testing)
    except DeviceProblem as problem:
        raise Trouble(str(problem)) from problem
