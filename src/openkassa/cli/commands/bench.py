"""`kassa bench`."""

import subprocess
import sys
from pathlib import Path

import typer

import openkassa

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})
def bench(context: typer.Context) -> None:
    """Measure this machine: accepting, the whole way, codec, memory. `kassa bench --help` lists the options."""
    from openkassa.cli.errors import Trouble

    checkout = Path(openkassa.__file__).parents[2]
    if not (checkout / "bench" / "__main__.py").exists():
        raise Trouble("The bench is part of the source tree: run it in a checkout after `make setup`.")
    done = subprocess.run([sys.executable, "-m", "bench", *context.args], cwd=checkout)
    raise typer.Exit(done.returncode)
