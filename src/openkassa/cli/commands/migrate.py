"""`kassa migrate`."""

import typer

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def migrate() -> None:
    """Make roles, databases and tables, or bring them to this version."""
    from openkassa.cli import databases
    from openkassa.core.settings import settings

    with databases.database_running(settings(), "kassa migrate"):
        databases.migrate(settings())
