"""Reads a bundle, folder or zip, without trusting it: nothing is unpacked to the disk."""

import io
import os
import re
import stat
import zipfile
from dataclasses import dataclass
from pathlib import Path

from keyturn.evidence.manifest import NAME
from keyturn_providers.text import safe

MAX_FILES = 1024
MAX_BYTES = 256 * 1024 * 1024


class NotABundle(Exception):
    """There is nothing here that could be checked; says why and what to do next."""


@dataclass(frozen=True, slots=True)
class Held:
    """The files of a bundle by name. `zip` are the bytes of the zip, None for a folder; `prefix` is
    the folder inside it."""

    files: dict[str, bytes]
    zip: bytes | None = None
    prefix: str = ""


def read_bundle(path: Path) -> Held:
    """The files in `path`. Raises NotABundle for anything that keyturn does not write."""
    try:
        if path.is_dir():
            return Held(_from_folder(path))
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as problem:
        raise NotABundle(
            f"{path}: cannot be checked: {problem.strerror}. Name the folder or zip that "
            "keyturn report wrote."
        ) from None
    if len(content) > MAX_BYTES:
        raise _no(path, f"it is larger than {MAX_BYTES} bytes")
    files, prefix = _from_zip(path, content)
    return Held(files, content, prefix)


def _from_folder(path: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    room = MAX_BYTES
    for one in sorted(os.scandir(path), key=lambda found: found.name):
        if len(files) >= MAX_FILES:
            raise _no(path, f"it holds more than {MAX_FILES} files")
        if not stat.S_ISREG(one.stat(follow_symlinks=False).st_mode):
            raise _no(path, f"{safe(one.name, 100)} is a folder, a link or a device")
        with Path(one.path).open("rb") as file:
            files[one.name] = file.read(room + 1)
        room -= len(files[one.name])
        if room < 0:
            raise _no(path, f"it is larger than {MAX_BYTES} bytes")
    return files


def _from_zip(path: Path, content: bytes) -> tuple[dict[str, bytes], str]:
    files: dict[str, bytes] = {}
    prefix: str | None = None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            members = packed.infolist()
            if len(members) > MAX_FILES:
                raise _no(path, f"it holds more than {MAX_FILES} files")
            for member in members:
                folder, _, name = member.filename.rpartition("/")
                known = folder if prefix is None else prefix
                prefix = known
                if folder != known or not re.match(NAME, folder) or not re.match(NAME, name):
                    raise _no(path, f"a bundle has no file {safe(member.filename, 100)!r}")
                if name in files:
                    raise _no(path, f"it holds {name} twice")
                if member.compress_type != zipfile.ZIP_STORED or member.file_size > len(content):
                    raise _no(path, f"{name} is packed in another way than keyturn packs")
                with packed.open(member) as file:
                    files[name] = file.read(len(content) + 1)
    # A damaged zip fails in many ways, all of which mean the same.
    except (
        zipfile.BadZipFile,
        ValueError,
        EOFError,
        OSError,
        RuntimeError,
        NotImplementedError,
    ) as bad:
        raise _no(path, f"it is damaged, or no zip at all ({safe(str(bad), 200)})") from None
    return files, prefix or ""


def _no(path: Path, why: str) -> NotABundle:
    return NotABundle(
        f"{path}: is not as keyturn wrote it: {why}. Ask whoever gave it to you for the bundle "
        "again, and compare its SHA-256."
    )
