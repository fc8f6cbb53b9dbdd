"""`kassa ofd`: the operator's processes."""

from __future__ import annotations

import typer

app = typer.Typer(
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Run the operator: the exchange with registers and the pages, or one of them.",
)


@app.callback()
def both(ctx: typer.Context) -> None:
    """Run the operator: the exchange with registers and the pages, or one of them."""
    if ctx.invoked_subcommand is not None:
        return
    from openkassa.cli.processes import operator_processes
    from openkassa.cli.supervisor import Supervisor
    from openkassa.core.settings import settings

    with Supervisor(settings().home / "logs", typer.echo) as supervisor:
        supervisor.start(operator_processes(settings()))
        supervisor.run()


@app.command()
def exchange() -> None:
    """Receive documents from registers over the KKT-OFD protocol."""
    from openkassa.cli.errors import UnknownSchema
    from openkassa.ofd.exchange.main import run
    from openkassa.ofd.exchange.schema import SchemaUnknown

    try:
        run()
    except SchemaUnknown as error:
        raise UnknownSchema(str(error)) from error


@app.command()
def web() -> None:
    """Serve the operator's pages and documents."""
    from openkassa.cli.django_process import set_up
    from openkassa.core.http_server import serve_wsgi
    from openkassa.core.settings import settings

    set_up("ofd", "ofd-web")
    serve_wsgi(
        "openkassa.projects.ofd.wsgi:application",
        bind=settings().bind,
        port=settings().ofd_http_port,
        process_name="ofd-web",
    )
