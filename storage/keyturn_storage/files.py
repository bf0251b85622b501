"""Where the files live, and that nobody else can read them."""

import os
import stat
from pathlib import Path

from keyturn_storage.errors import StorageRefused

ENVIRONMENT_NAME = "KEYTURN_DATA"
CACHE_NAME = "cache.db"
JOURNAL_NAME = "journal.db"

_PRIVATE_DIRECTORY = 0o700
_PRIVATE_FILE = 0o600
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_BESIDE = ("-wal", "-shm", "-journal")


def data_dir(override: Path | None = None) -> Path:
    """The data directory: `override`, else $KEYTURN_DATA, else the platform's; made 0700.

    Raises StorageRefused where others can enter it, it is not ours, or it cannot be made.
    """
    named = os.environ.get(ENVIRONMENT_NAME, "")
    if override is not None:
        path = override
    elif named:
        path = Path(named)
    else:
        # 10 ms that a start with a named directory need not spend.
        import platformdirs

        path = platformdirs.user_data_path("keyturn", appauthor=False)
    path = path.expanduser().absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=_PRIVATE_DIRECTORY, exist_ok=True)
    except OSError as problem:
        raise StorageRefused(
            str(path),
            "cannot make the data directory",
            f"{problem.strerror}.",
            f"Name another with --data-dir or {ENVIRONMENT_NAME}.",
        ) from None
    refuse_if_shared(path)
    return path


def create_private(path: Path) -> bool:
    """Makes an empty file 0600 where there is none. True if it was made by this call.

    The mode passes on to what SQLite puts beside the file (-wal, -shm, -journal).
    """
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0)
    try:
        descriptor = os.open(path, flags, _PRIVATE_FILE)
    except FileExistsError:
        return False
    except OSError as problem:
        raise StorageRefused(
            str(path),
            "cannot make the file",
            f"{problem.strerror}.",
            f"Name another data directory with --data-dir or {ENVIRONMENT_NAME}.",
        ) from None
    os.close(descriptor)
    return True


def check_file(path: Path) -> None:
    """Raises StorageRefused, with the fix, if others can read the file or its directory."""
    refuse_if_shared(path.parent)
    refuse_if_shared(path)
    for ending in _BESIDE:
        beside = path.with_name(path.name + ending)
        if beside.exists():
            refuse_if_shared(beside)


def refuse_if_shared(path: Path) -> None:
    """Raises StorageRefused where group or world may do anything here, or another user owns it.

    On Windows the profile directory's access list guards the files, and modes mean nothing.
    """
    if os.name == "nt":
        return
    try:
        status = path.stat()
    except FileNotFoundError:
        return
    directory = stat.S_ISDIR(status.st_mode)
    thing = "directory" if directory else "file"
    if status.st_uid != os.geteuid():
        raise StorageRefused(
            str(path),
            f"will not use this {thing}",
            f"it belongs to user {status.st_uid}, and keyturn runs as user {os.geteuid()}.",
            "Run keyturn as its owner, or name another data directory (--data-dir).",
        )
    if status.st_mode & _OTHERS:
        wanted = _PRIVATE_DIRECTORY if directory else _PRIVATE_FILE
        raise StorageRefused(
            str(path),
            f"will not use this {thing}",
            f"other users of this machine can get at it (mode {stat.S_IMODE(status.st_mode):04o}).",
            f"Run: chmod {wanted:o} '{path}'",
        )
