"""CRC-16/CCITT-FALSE: polynomial 0x1021, start 0xFFFF, not reflected, no final XOR; "123456789" gives 0x29B1.

The session header, the container, the frames of a fiscal storage and the registration number all use it.
"""

from binascii import crc_hqx


def crc16(data: bytes, start: int = 0xFFFF) -> int:
    """CRC of `data`; pass an earlier result as `start` to go on over several pieces."""
    return crc_hqx(data, start)
