"""The wire faces, in the order in which their paths are tried."""

from __future__ import annotations

from typing import Final

from openkassa.api.atol.face import FACE as ATOL
from openkassa.api.cloudkassir.face import FACE as CLOUDKASSIR
from openkassa.api.digitalkassa.face import FACE as DIGITALKASSA
from openkassa.api.face import Face
from openkassa.api.komtet.face import FACE as KOMTET
from openkassa.api.modulkassa.face import FACE as MODULKASSA
from openkassa.api.orangedata.face import FACE as ORANGEDATA
from openkassa.api.v1.face import FACE as V1
from openkassa.api.yookassa.face import FACE as YOOKASSA

FACES: Final[tuple[Face, ...]] = (ATOL, KOMTET, MODULKASSA, DIGITALKASSA, YOOKASSA, CLOUDKASSIR, ORANGEDATA, V1)


def face_at(path: str) -> Face | None:
    """The face that answers `path`."""
    return next((face for face in FACES if path.startswith(face.prefixes)), None)
