"""Sign-in of the merchant side."""

from openkassa.core.identity import IdentifierBackend

__all__ = ["IdentifierBackend"]
