"""`kassa user`."""

from typing import Annotated

import typer

app = typer.Typer(
    add_completion=False, help="People who sign in.", no_args_is_help=True, pretty_exceptions_enable=False
)


@app.callback()
def user() -> None:
    """People who sign in."""


@app.command()
def reset(login: Annotated[str, typer.Argument(help="Phone or e-mail of the person.")]) -> None:
    """Give a person a new random password and end their sessions. The password is shown once."""
    from django.core.exceptions import ValidationError

    from openkassa.cli.django_process import set_up
    from openkassa.cli.errors import Trouble

    set_up("kassa", "user-reset")
    from openkassa.core.keys import random_password
    from openkassa.kassa.people.selectors import user_by_identifier
    from openkassa.kassa.people.services import user_reset_password

    try:
        person = user_by_identifier(login)
    except ValidationError as error:
        raise Trouble(f"{login}: {'; '.join(error.messages)}") from error
    if person is None:
        raise Trouble(f"Nobody signs in as {login}.")
    secret = random_password(14)
    user_reset_password(user=person, password=secret)
    print(f"{login} / {secret}")
