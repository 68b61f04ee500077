"""File systems so small that a test can fill them."""

import contextlib
import os
import subprocess

import pytest

root_alone = pytest.mark.skipif(os.getuid() != 0, reason="mounting takes root")


@contextlib.contextmanager
def small_disk(folder, size):
    """A file system of a size as mount(8) has it, such as `1m`, in a folder that is made for it."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(path, leaving=0):
    """Fills the disk of a file: to its end, or but for so many bytes."""
    free = os.statvfs(path.parent)
    left = free.f_bavail * free.f_frsize - leaving if leaving else float("inf")
    with open(path, "ab", buffering=0) as file:
        try:
            while left > 0:
                left -= file.write(b"x" * min(left, 4096))
        except OSError:
            pass
