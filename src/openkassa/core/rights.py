"""Processes own nothing: one that was given the address of an owner or a superuser says so and does not start.

Nothing would be append-only for it (`docs/decisions/0007-roles.md`).
"""

from __future__ import annotations

from typing import Final

import psycopg

from openkassa.core.settings import WrongSetting

VARIABLES: Final = {"kassa": "KASSA_DATABASE_URL", "ofd": "KASSA_OFD_DATABASE_URL"}

_RIGHTS = """
SELECT current_user, rolsuper, EXISTS (
    SELECT FROM pg_class
    WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace
      AND pg_has_role(current_user, relowner, 'MEMBER')
)
FROM pg_roles WHERE rolname = current_user
"""


def check_rights(connection: psycopg.Connection, project: str) -> None:
    """Raises `WrongSetting` where the connection's role could change what is append-only. `project`: kassa or ofd."""
    row = connection.execute(_RIGHTS).fetchone()
    assert row is not None, "a role that is connected exists"
    role, superuser, owner = row
    if superuser or owner:
        what = "is a superuser" if superuser else "owns the tables"
        raise WrongSetting(
            VARIABLES[project],
            f"role {role} {what}, so nothing would be append-only for this process; give it the role that "
            f"`kassa migrate` has granted its rights to, and the owner's to migrate, restore and retention alone",
        )
