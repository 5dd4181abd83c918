"""A disk whose power can be cut at any moment, on Linux as root: ext4 on a loop device.

The file behind the loop device holds what the file system has sent to the disk, and a copy of it is what would be found
after the power fails at that moment: what a program wrote and nobody has synced is not in it. So that the copy is of
one moment, the file lies on a file system of its own, which is frozen while it is copied. (To freeze the upper one
would sync it.)

A disk with a *volatile* cache may lose, or write in another order, whatever it was not told to flush. It is made of one
file system more: the file of the disk lies in its page cache, and goes on only at a flush or by chance.
"""

import os
import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, Self

MEGABYTES: Final = 256
MKFS: Final = ("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0")


def why_not() -> str | None:
    """Return why disks cannot be made here; None where they can."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "to mount a disk needs root: run this as root on Linux"
    missing = [tool for tool in ("losetup", "mkfs.ext4", "mount", "fsfreeze") if not shutil.which(tool)]
    if missing:
        return f"to mount a disk needs {', '.join(missing)}"
    if subprocess.run(["losetup", "-f"], capture_output=True, check=False).returncode:
        return "to mount a disk needs a free loop device"
    return None


def run(*command: str | Path) -> str:
    """Run a command and return what it prints."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        msg = f"{command}: {done.stderr}"
        raise OSError(msg)
    return done.stdout.strip()


class Mount:
    """An image file, mounted.

    Args:
        image: the file; made, and formatted, where it is missing.
        at: the folder.
        megabytes: its size where it is made.

    """

    def __init__(self, image: Path, at: Path, *, megabytes: int = MEGABYTES) -> None:
        if not image.exists():
            with image.open("wb") as file:
                file.truncate(megabytes * 2**20)
            run(*MKFS, image)
        at.mkdir(exist_ok=True)
        self.at = at
        self.device = Path(run("losetup", "-f", "--show", image))
        try:
            run("mount", self.device, at)
        except OSError:
            run("losetup", "-d", self.device)
            raise

    def close(self) -> None:
        """Unmount it; nobody may have a file of it open."""
        run("umount", self.at)
        run("losetup", "-d", self.device)


class Disk:
    """A disk. `at` is where it is mounted.

    Args:
        folder: for its images.
        volatile: whether it has a cache that a loss of power empties.

    """

    def __init__(self, folder: Path, *, volatile: bool = False) -> None:
        self._folder = folder
        self._stack = ExitStack()
        lower = self._mounted(folder / "lower.img", "lower", MEGABYTES + (384 if volatile else 192))
        self._kept = lower / "disk.img"
        self._cached: Path | None = None
        if volatile:
            self._kept = lower / "cache.img"
            self._cached = Path("disk.img")
        self._cut = folder / "cut.img"
        self._upper = ExitStack()
        self.at = self._mount_upper()

    def cut(self) -> None:
        """Remember what the disk has at this moment; it goes on."""
        lower = self._kept.parent
        run("fsfreeze", "-f", lower)
        try:
            run("cp", "--sparse=always", self._kept, self._cut)
        finally:
            run("fsfreeze", "-u", lower)

    def reboot(self) -> None:
        """Go back to the moment of the last cut. Nobody may have a file of the disk open."""
        self._upper.close()
        run("cp", "--sparse=always", self._cut, self._kept)
        self.at = self._mount_upper()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._upper.close()
        self._stack.close()

    def _mount_upper(self) -> Path:
        with ExitStack() as stack:
            image = self._kept
            if self._cached:
                cache = Mount(image, self._folder / "cache", megabytes=MEGABYTES + 128)
                stack.callback(cache.close)
                image = cache.at / self._cached
            disk = Mount(image, self._folder / "disk")
            stack.callback(disk.close)
            self._upper = stack.pop_all()
        return disk.at

    def _mounted(self, image: Path, name: str, megabytes: int) -> Path:
        mount = Mount(image, self._folder / name, megabytes=megabytes)
        self._stack.callback(mount.close)
        return mount.at
