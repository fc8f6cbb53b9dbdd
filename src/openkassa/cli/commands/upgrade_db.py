"""`kassa upgrade-db`."""

import typer

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def upgrade_db() -> None:
    """Move the embedded databases on to the newest PostgreSQL that is installed. Nothing may run on this home."""
    from openkassa.cli.upgrade_db import upgrade_db as run
    from openkassa.core.settings import settings

    run(settings(), typer.echo)
