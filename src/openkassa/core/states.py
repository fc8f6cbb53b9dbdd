"""State machines that the database enforces: a trigger made from one transition table.

The initial state is checked on INSERT too. The function names no other table, so a row can be moved
between databases as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pgtrigger


def state_machine(
    *, name: str, initial: Iterable[str], transitions: Mapping[str, Iterable[str]], field: str = "state"
) -> pgtrigger.Trigger:
    """A trigger that refuses an INSERT outside `initial` and an UPDATE outside `transitions`.

    Raises SQLSTATE 23514 (check_violation) in the database, `IntegrityError` in Django.
    """
    pairs = sorted(f"{before}>{after}" for before, afters in transitions.items() for after in afters)
    allowed = ", ".join(f"'{pair}'" for pair in pairs) or "''"
    starts = ", ".join(f"'{state}'" for state in sorted(initial))
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.UpdateOf(field),
        func=f"""
            IF TG_OP = 'INSERT' THEN
                IF NEW.{field} NOT IN ({starts}) THEN
                    RAISE EXCEPTION '% can not begin as %', TG_TABLE_NAME, NEW.{field} USING ERRCODE = '23514';
                END IF;
            ELSIF OLD.{field} IS DISTINCT FROM NEW.{field}
                  AND OLD.{field} || '>' || NEW.{field} NOT IN ({allowed}) THEN
                RAISE EXCEPTION '% can not go from % to %', TG_TABLE_NAME, OLD.{field}, NEW.{field}
                    USING ERRCODE = '23514';
            END IF;
            RETURN NEW;
        """,
    )


def append_only(name: str) -> pgtrigger.Trigger:
    """A trigger that refuses UPDATE and DELETE, whoever asks. Retention drops partitions or disables it as owner."""
    return pgtrigger.Protect(name=name, operation=pgtrigger.Update | pgtrigger.Delete)
