"""The command `kassa`. Each subcommand is a module of `openkassa.cli.commands`, imported when it is asked for."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from openkassa.cli import commands
from openkassa.cli.errors import Trouble
from openkassa.core.settings import WrongSetting


class Commands(TyperGroup):
    """Finds subcommands by their modules' names; `demo_info` is `kassa demo-info`.

    A module has a `typer.Typer` named `app`, and imports what is heavy inside its functions.
    """

    def list_commands(self, ctx: Any) -> list[str]:
        return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(commands.__path__))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"{commands.__name__}.{cmd_name.replace('-', '_')}")
        command = typer.main.get_command(module.app)
        command.name = cmd_name
        return command


# Tracebacks are Python's own: the pretty ones print local variables, secrets among them.
app = typer.Typer(
    cls=Commands,
    help="OpenKassa: a self-hosted cloud cash register.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def root() -> None:
    """OpenKassa: a self-hosted cloud cash register."""


def main() -> None:
    """Run a subcommand. Exit codes: 1 trouble, 2 wrong use or setting or a home in use, 3 unknown schema."""
    try:
        app(prog_name="kassa")
    except WrongSetting as error:
        print(f"kassa: {error}", file=sys.stderr)
        sys.exit(2)
    except Trouble as error:
        print(f"kassa: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except Exception as error:
        if not _is_lost_database(error):
            raise
        print(f"kassa: the database can't be reached; is `kassa up` running?\n{error}".rstrip(), file=sys.stderr)
        sys.exit(1)


def _is_lost_database(error: Exception) -> bool:
    """Whether a connection could not be made, said by psycopg or Django, neither of which is imported for it."""
    cause = error.__cause__ or error
    psycopg = sys.modules.get("psycopg")
    return psycopg is not None and isinstance(cause, psycopg.OperationalError) and cause.sqlstate is None


if __name__ == "__main__":
    main()
