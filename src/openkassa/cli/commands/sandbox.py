"""`kassa sandbox`."""

import typer

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def sandbox() -> None:
    """Run the rest of the world for development: mailbox, phone."""
    from openkassa.sandbox.main import run

    run()
