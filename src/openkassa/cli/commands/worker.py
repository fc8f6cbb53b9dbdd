"""`kassa worker`."""

import typer

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def worker() -> None:
    """Run a worker: receipts to registers, callbacks, mails, what is due."""
    from openkassa.cli.django_process import set_up
    from openkassa.cli.errors import Trouble
    from openkassa.cli.processes import RESTORED
    from openkassa.core.settings import settings

    if (settings().home / RESTORED).exists():
        raise Trouble("this home was restored from a backup: run `kassa doctor --reconcile` first")
    set_up("kassa", "worker")
    from openkassa.kassa.fiscalisation.worker import run
    from openkassa.kassa.ledger.seals import SEAL_PAUSE, ledgers_seal

    run([(ledgers_seal, SEAL_PAUSE)])
