"""Writes a file whole or not at all, and over an existing one only where that is wanted."""

import os
from pathlib import Path

from keyturn.cli.exit_codes import Exit
from keyturn.cli.failures import VerbFailed


def refuse_existing(path: Path) -> None:
    """Raises `VerbFailed` where something is at `path` already."""
    if os.path.lexists(path):
        raise VerbFailed(
            Exit.USAGE,
            f"keyturn init: {path} is there already, and was left as it is. Write over it with"
            " --force, or name another file with --config.",
        )


def write_new(path: Path, text: str, *, force: bool) -> None:
    """`text` at `path`, readable by all as the umask lets it, in one step: whoever looks sees the
    old file or the new one. Without `force` an existing file stays and `VerbFailed` is raised."""
    target = path.resolve() if force else path
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if not force:
            refuse_existing(target)
        _write(target, text, force=force)
    except OSError as problem:
        why = problem.strerror or type(problem).__name__
        raise VerbFailed(
            Exit.USAGE,
            f"keyturn init: {path} cannot be written: {why}. Name another file with --config.",
        ) from None


def write_over(path: Path, text: str, *, before: str) -> None:
    """`text` in place of what is at `path`, with its rights, in one step. Raises `VerbFailed` where
    it cannot be, or the file does not hold `before` any more."""
    target = path.resolve()
    try:
        if target.read_bytes().decode("utf-8", "replace") != before:
            words = "was changed meanwhile, and was left as it is. Do it again."
            raise VerbFailed(Exit.USAGE, f"{path}: {words}")
        _write(target, text, force=True, mode=target.stat().st_mode & 0o777)
    except OSError as problem:
        why = problem.strerror or type(problem).__name__
        raise VerbFailed(Exit.USAGE, f"{path}: cannot be written: {why}.") from None


def _write(target: Path, text: str, *, force: bool, mode: int | None = None) -> None:
    made = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        with made.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            made.chmod(mode)
        if force:
            made.replace(target)
        else:
            target.hardlink_to(made)  # unlike a rename, it fails where something is there
    finally:
        made.unlink(missing_ok=True)
