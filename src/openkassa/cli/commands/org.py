"""`kassa org`."""

import uuid
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, help="Organisations.", no_args_is_help=True, pretty_exceptions_enable=False)
Id = Annotated[uuid.UUID, typer.Argument(help="Id of the organisation.")]


@app.callback()
def org() -> None:
    """Organisations."""


@app.command("list")
def list_() -> None:
    """List the organisations."""
    _set_up()
    from openkassa.core.models import Organisation

    for organisation in Organisation.objects.order_by("id"):
        print(organisation.id, organisation.state, organisation.inn, organisation.name)


@app.command()
def create(
    name: Annotated[str, typer.Option(help="Name as in its registration.")],
    inn: Annotated[str, typer.Option(help="ИНН: RU 10 or 12 digits, KG 14.")],
    jurisdiction: Annotated[str, typer.Option(help="RU or KG.")] = "RU",
) -> None:
    """Make an organisation alone, without people and registers (see `kassa init`)."""
    _set_up()
    from openkassa.cli.errors import Trouble
    from openkassa.core.organisations import organisation_create
    from openkassa.fiscal.identifiers import is_inn

    if jurisdiction not in ("RU", "KG"):
        raise Trouble(f"Jurisdiction {jurisdiction} is unknown: RU or KG.")
    if not (is_inn(inn) if jurisdiction == "RU" else inn.isdecimal() and len(inn) == 14):
        raise Trouble(f"ИНН {inn} is wrong for {jurisdiction}.")
    print(organisation_create(name=name, inn=inn, jurisdiction=jurisdiction).id)


@app.command()
def suspend(
    organisation: Id, resume: Annotated[bool, typer.Option("--resume", help="Let it sell again.")] = False
) -> None:
    """Refuse an organisation's new sales; what was accepted is still fiscalised."""
    _set_up()
    from django.core.exceptions import ObjectDoesNotExist

    from openkassa.cli.errors import Trouble
    from openkassa.core.organisations import organisation_resume, organisation_suspend

    try:
        (organisation_resume if resume else organisation_suspend)(organisation_id=organisation)
    except ObjectDoesNotExist as error:
        raise Trouble(f"There is no organisation {organisation}.") from error


@app.command()
def export(organisation: Id, target: Annotated[Path, typer.Argument(help="New file: a ZIP of CSV tables.")]) -> None:
    """Write everything of an organisation into a file, readable by its owner alone."""
    _set_up()
    from openkassa.cli.errors import Trouble
    from openkassa.cli.exporting import NothingToExport, organisation_export

    try:
        rows = organisation_export(organisation, target)
    except NothingToExport as error:
        raise Trouble(str(error)) from error
    except OSError as error:
        raise Trouble(f"{target} can't be written: {error.strerror or error}. Name a new file.") from error
    print(f"{sum(rows.values())} rows of {len(rows)} tables in {target}")


def _set_up() -> None:
    from openkassa.cli.django_process import set_up

    set_up("kassa", "org")
