"""Text that a receipt can carry; see `fiscal.text`."""

from openkassa.fiscal.text import printable

__all__ = ["printable"]
