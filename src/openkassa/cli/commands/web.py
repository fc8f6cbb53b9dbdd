"""`kassa web`."""

import typer

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def web() -> None:
    """Run the merchant side's HTTP server: wire faces, pages, health."""
    from openkassa.cli.django_process import set_up
    from openkassa.core.http_server import serve_wsgi
    from openkassa.core.settings import settings

    set_up("kassa", "web")
    serve_wsgi(
        "openkassa.projects.kassa.wsgi:application",
        bind=settings().bind,
        port=settings().http_port,
        process_name="web",
    )
