"""Fields of a draft as a face's requests call them."""

from __future__ import annotations

import re
from collections.abc import Mapping


def field_of(path: str, names: Mapping[str, str], root: str = "") -> str:
    """The request's field for a path of the draft.

    `names` gives words of the path ("kind") or several of them ("mark.code") another name; the longest counts. `root`
    is the object that the receipt stands in.
    """
    longest = sorted(names, key=len, reverse=True)
    if longest:
        pattern = rf"\b(?:{'|'.join(map(re.escape, longest))})\b"
        path = re.sub(pattern, lambda match: names[match[0]], path)
    return ".".join(part for part in (root, path) if part)
