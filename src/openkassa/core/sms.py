"""SMS over the gateway's interface of ours: `POST {id, to, text}` (docs/integrations/sms-gateway.md)."""

from __future__ import annotations

import json
import uuid

from openkassa.core import outgoing
from openkassa.core.mail import DeliveryFailed, DeliveryRefused

TIMEOUT_SECONDS = 15.0
NEVER = frozenset({400, 404, 410, 413, 422})


def send_sms(url: str, *, message_id: uuid.UUID, to: str, text: str) -> None:
    """Hands one message to the gateway; the id lets it recognise a repeat. `to` is a phone in E.164 form.

    Raises `DeliveryRefused` for an answer that a repeat won't change, `DeliveryFailed` for any other trouble.
    """
    body = json.dumps({"id": str(message_id), "to": to, "text": text}, ensure_ascii=False).encode()
    outcome = outgoing.configured().post_json(
        url, body, headers={"Idempotency-Key": str(message_id)}, timeout=TIMEOUT_SECONDS
    )
    if outcome.ok:
        return
    if outcome.status in NEVER and not outcome.code:
        said = outcome.body_start[:200].decode("utf-8", "replace")
        raise DeliveryRefused(f"the SMS gateway answered {outcome.status}: {said}")
    raise DeliveryFailed(f"the SMS gateway: {outcome.error or f'answered {outcome.status}'}")
