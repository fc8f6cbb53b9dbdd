"""Why an attempt ended without a document or is in doubt, as it is kept and told to shops. Pages translate these
(`web/service_texts.py`); what a device itself said is kept in its own words."""

from __future__ import annotations

from typing import Final

ANSWER_LOST: Final = "ответ устройства потерян"
BATCH_ENDED: Final = "устройство закончило партию раньше"
TASK_UNKNOWN: Final = "устройство не знает задания"
MADE_BY_ANOTHER: Final = "документ сделан другим заданием"
REGISTER_LOST: Final = "касса признана утраченной"
