"""`kassa device`."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(pretty_exceptions_enable=False)


@app.command()
def device(home: Annotated[Path, typer.Argument(help="Directory of the device: its settings and journal.")]) -> None:
    """Run an emulated cash register."""
    from openkassa.core import logs
    from openkassa.device.main import run

    logs.configure(f"device-{home.name}")
    run(home)
