"""`kassa worker`."""

import typer

app = typer.Typer(pretty_exceptions_enable=False)


@app.command()
def worker() -> None:
    """Run a worker: receipts to registers, callbacks, mails, what is due."""
    from openkassa.cli.django_process import set_up

    set_up("kassa", "worker")
    from openkassa.kassa.fiscalisation.worker import run

    run()
