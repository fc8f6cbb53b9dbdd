"""`kassa init`."""

from typing import Annotated

import typer

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def init(
    name: Annotated[str, typer.Option(help="Name of the organisation as in its registration.")],
    inn: Annotated[str, typer.Option(help="ИНН of the organisation.")],
    owner: Annotated[str, typer.Option(help="Phone or e-mail by which the owner signs in.")],
    owner_name: Annotated[str, typer.Option(help="How the owner is called on the screen.")],
    address: Annotated[str, typer.Option(help="Address of settlements (tag 1009).")],
    place: Annotated[str, typer.Option(help="Place of settlements: the site or the shop's name (tag 1187).")],
    taxation: Annotated[int, typer.Option(help="Bits of taxation systems: 1 ОСН, 2 УСН доход, 4, 16, 32.")] = 1,
    ffd: Annotated[str, typer.Option(help="1.05, 1.1 or 1.2.")] = "1.2",
    utc_offset: Annotated[int, typer.Option(help="Minutes by which the place is ahead of UTC.")] = 180,
) -> None:
    """Make an organisation with its owner, an emulated register and keys. Secrets are shown once."""
    from django.core.exceptions import ValidationError
    from django.db import IntegrityError

    from openkassa.cli.django_process import set_up
    from openkassa.cli.errors import Trouble

    set_up("kassa", "init")
    from openkassa.cli.first_business import WrongBusiness, business_create

    try:
        made = business_create(
            name=name,
            inn=inn,
            owner=owner,
            owner_name=owner_name,
            address=address,
            place=place,
            taxation=taxation,
            ffd=ffd,
            utc_offset=utc_offset,
        )
    except WrongBusiness as error:
        raise Trouble(str(error)) from error
    except ValidationError as error:
        raise Trouble("; ".join(error.messages)) from error
    except IntegrityError as error:
        if "channel_key_once" in str(error):
            raise Trouble(f"there is a business with ИНН {inn} already: see `kassa org list`") from error
        raise Trouble(f"{owner} signs in already: choose another phone or e-mail") from error
    for title, value in made.items():
        print(f"{title}: {value}")
