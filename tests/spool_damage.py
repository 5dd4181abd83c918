"""Damage to a spool's files, as a disk or another program does it. The files must be closed."""

from pathlib import Path

PAGE = 4_096


def header_garbled(path: Path) -> None:
    _write(path, 0, b"\xff" * 100)


def first_page_zeroed(path: Path) -> None:
    _write(path, 0, bytes(PAGE))


def middle_zeroed(path: Path) -> None:
    _write(path, path.stat().st_size // PAGE // 2 * PAGE, bytes(2 * PAGE))


def second_half_cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 - 100])


def scattered(path: Path) -> None:
    for start in range(5 * PAGE + 700, path.stat().st_size, 8 * PAGE):
        _write(path, start, b"\xa5" * 1_000)


def _write(path: Path, start: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(start)
        file.write(data)


DAMAGES = (header_garbled, first_page_zeroed, middle_zeroed, second_half_cut, scattered)
