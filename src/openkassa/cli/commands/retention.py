"""`kassa retention`."""

from typing import Annotated

import typer

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, change nothing.")] = False,
) -> None:
    """Forget what is past its time, as the owner of the tables; make partitions for the months to come."""
    from openkassa.cli.databases import database_running
    from openkassa.cli.django_process import set_up
    from openkassa.cli.retention import retention as run
    from openkassa.core.clock import now
    from openkassa.core.settings import settings

    with database_running(settings(), "kassa retention"):
        set_up("kassa", "retention")  # refuses a schema that it does not know
        run(settings(), now(), typer.echo, dry_run=dry_run)
