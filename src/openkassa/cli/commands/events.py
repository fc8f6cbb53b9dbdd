"""`kassa events`."""

import typer

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def events() -> None:
    """Run the server of long-lived connections: live screens."""
    from openkassa.events.main import run

    run()
