"""State machines that the database enforces: triggers made from one transition table.

The initial state is checked on INSERT too. The function names no other table, so a row can be moved
between databases as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pgtrigger


def state_machine(
    *, name: str, initial: Iterable[str], transitions: Mapping[str, Iterable[str]], field: str = "state"
) -> tuple[pgtrigger.Trigger, pgtrigger.Trigger]:
    """Triggers that refuse an INSERT outside `initial` and an UPDATE outside `transitions`.

    Raise SQLSTATE 23514 (check_violation) in the database, `IntegrityError` in Django. What is allowed is said in
    their conditions, so that a function is called only to refuse: it would cost more than the change itself.
    """
    pairs = sorted(f"{before}>{after}" for before, afters in transitions.items() for after in afters)
    allowed = ", ".join(f"'{pair}'" for pair in pairs) or "''"
    starts = ", ".join(f"'{state}'" for state in sorted(initial))
    return (
        pgtrigger.Trigger(
            name=f"{name}_begin",
            when=pgtrigger.Before,
            operation=pgtrigger.Insert,
            condition=pgtrigger.Condition(f"NEW.{field} NOT IN ({starts})"),
            func=_refusal(f"'% can not begin as %', TG_TABLE_NAME, NEW.{field}"),
        ),
        pgtrigger.Trigger(
            name=name,
            when=pgtrigger.Before,
            operation=pgtrigger.UpdateOf(field),
            condition=pgtrigger.Condition(
                f"OLD.{field} IS DISTINCT FROM NEW.{field} AND OLD.{field} || '>' || NEW.{field} NOT IN ({allowed})"
            ),
            func=_refusal(f"'% can not go from % to %', TG_TABLE_NAME, OLD.{field}, NEW.{field}"),
        ),
    )


def _refusal(text: str) -> str:
    return f"""
            RAISE EXCEPTION {text} USING ERRCODE = '23514';
            RETURN NEW;
        """


def append_only(name: str) -> pgtrigger.Trigger:
    """A trigger that refuses UPDATE and DELETE, whoever asks. Retention drops partitions or disables it as owner."""
    return pgtrigger.Protect(name=name, operation=pgtrigger.Update | pgtrigger.Delete)
