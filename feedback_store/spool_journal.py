"""Whether SQLite reads a spool's journal to its end. It passes over what follows a torn part, and then deletes it.

The journal (the WAL file) and its checksum are those of https://www.sqlite.org/fileformat2.html#the_write_ahead_log.
"""

from pathlib import Path
from struct import unpack, unpack_from
from typing import Final

_HEAD: Final = 32
_FRAME_HEAD: Final = 24
_BIG_ENDIAN: Final = 0x377F0683
_MAGIC: Final = (0x377F0682, _BIG_ENDIAN)
_WORD: Final = 2**32 - 1


def is_torn(journal: Path) -> bool:
    """Tell whether a journal holds pages written to it that SQLite cannot accept; those of an older journal are none.

    After a loss of power that is the usual end of it: what was being written, and was not acknowledged.
    """
    data = journal.read_bytes() if journal.is_file() else b""
    if len(data) <= _HEAD:
        return False
    magic, _, size, _, salt, *sums = unpack_from(">III I 8s II", data)
    order = ">" if magic == _BIG_ENDIAN else "<"
    state = _summed(data[:24], order, (0, 0))
    if magic not in _MAGIC or size < 512 or state != tuple(sums):
        return True
    for start in range(_HEAD, len(data), _FRAME_HEAD + size):
        frame = data[start : start + _FRAME_HEAD + size]
        if frame[8:16] != salt:
            return False  # of an older journal, or a beginning that was cut
        if len(frame) < _FRAME_HEAD + size:
            return True
        state = _summed(frame[_FRAME_HEAD:], order, _summed(frame[:8], order, state))
        if state != unpack_from(">II", frame, 16):
            return True
    return False


def _summed(data: bytes, order: str, state: tuple[int, int]) -> tuple[int, int]:
    first, second = state
    words = unpack(f"{order}{len(data) // 4}I", data)
    for one, other in zip(words[::2], words[1::2], strict=True):
        first = (first + one + second) & _WORD
        second = (second + other + first) & _WORD
    return first, second
