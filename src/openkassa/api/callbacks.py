"""What callbacks say: each face tells a shop in its own form. `kassa` sends them and knows no face."""

from __future__ import annotations

from openkassa.api.faces import FACES
from openkassa.kassa.receipts.callbacks import register_renderer


def register_renderers() -> None:
    for face in FACES:
        register_renderer(face.kind, face.callback)
