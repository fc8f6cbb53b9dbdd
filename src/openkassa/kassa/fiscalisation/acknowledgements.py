"""Operator's acknowledgements come over from the device: fiscalised becomes confirmed."""

from __future__ import annotations

import structlog

from openkassa.core.clock import now
from openkassa.kassa.fiscalisation import sql
from openkassa.kassa.fiscalisation.context import Turn

BATCH = 500

log = structlog.get_logger(__name__)


def acknowledgements_collect(turn: Turn) -> int:
    """Brings over what the operator has answered since the last time; returns how many answers there were."""
    lease = turn.lease
    count = 0
    while lease.acknowledged_fd < lease.last_fd:
        answers = turn.driver.acknowledgements(after_fd=lease.acknowledged_fd, limit=BATCH)
        # A device that is ahead of our copy is answered for documents that recovery has yet to adopt.
        answers = [answer for answer in answers if answer.fd <= lease.last_fd]
        if not answers:
            break
        codes = sql.acknowledgements_store(
            organisation_id=lease.organisation_id,
            register_id=lease.register_id,
            fn=turn.register.fn,
            fence=lease.fence,
            acknowledgements=answers,
            at=now(),
        )
        for code in filter(None, codes):
            log.warning("operator_fault", register_id=str(lease.register_id), code=code)
        lease.acknowledged_fd = answers[-1].fd
        count += len(answers)
    return count
