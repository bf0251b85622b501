"""Looks for credentials in everything that a program left behind, in every form they may have."""

import base64
import os
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, quote_plus

_PIECE = 16
"""So much of a credential is a leak, too."""


@dataclass(frozen=True, slots=True)
class Found:
    """A credential in a place: its name, never its value."""

    secret: str
    form: str
    place: str


def needles(name: str, value: str) -> dict[bytes, tuple[str, str]]:
    """What to look for: the value, its pieces, and each of them encoded in the usual ways."""
    found: dict[bytes, tuple[str, str]] = {}
    for piece in _pieces(value):
        raw = piece.encode()
        forms = {"as it is": raw, "in hexadecimal": raw.hex().encode()}
        forms["in a URL"] = quote(piece, safe="").encode()
        forms["in a form"] = quote_plus(piece).encode()
        for form, needle in forms.items():
            found.setdefault(needle, (name, form))
        for needle in _base64(raw):
            found.setdefault(needle, (name, "in base64"))
    return found


def _pieces(value: str) -> Iterator[str]:
    """Its lines, or, of a token in JWT form, the signature: the rest says only what it is for."""
    if value.startswith("-----BEGIN"):
        lines = [line for line in value.splitlines() if line and not line.startswith("-----")]
        yield from (piece for line in lines[1:-1] for piece in (line[:_PIECE], line[-_PIECE:]))
        return
    if value.count(".") == 2:
        yield value
        value = value.rpartition(".")[2]
    yield value
    middle = (len(value) - _PIECE) // 2
    yield from (value[:_PIECE], value[middle : middle + _PIECE], value[-_PIECE:])


def _base64(raw: bytes) -> Iterator[bytes]:
    """However many bytes stand before it; without the ends that depend on its neighbours."""
    for before in range(3):
        padded = b"\0" * before + raw
        whole = padded[: len(padded) - len(padded) % 3]
        start = 4 if before else 0
        for encoded in (base64.b64encode(whole), base64.urlsafe_b64encode(whole)):
            yield encoded[start:]


def hunt(folder: Path, secrets: Mapping[str, str]) -> list[Found]:
    """Every credential found in any file below `folder`, also in names of files and inside zips."""
    wanted: dict[bytes, tuple[str, str]] = {}
    for name, value in secrets.items():
        wanted |= needles(name, value)
    found: list[Found] = []
    for place, content in _contents(folder):
        for needle, (name, form) in wanted.items():
            if needle in content or needle in place.encode():
                found.append(Found(name, form, place))
    return found


def _contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        place = str(path.relative_to(folder))
        yield place, path.read_bytes()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for inner in archive.namelist():
                    yield f"{place}/{inner}", archive.read(inner)


@dataclass(slots=True)
class Processes:
    """What `ps` showed of the processes below this one: their arguments, and the surroundings of
    those whose arguments hold a given word."""

    arguments: set[bytes] = field(default_factory=set)
    surroundings: set[bytes] = field(default_factory=set)


@contextmanager
def watched_processes(word: str) -> Iterator[Processes]:
    """Looks again and again while the block lasts. Only where there is /proc."""
    seen, ended = Processes(), threading.Event()
    strangers: set[int] = set()

    def watch() -> None:
        while not ended.wait(0.02):
            _look(seen, word.encode(), strangers)

    thread = threading.Thread(target=watch, name="ps", daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join(30)


def _look(seen: Processes, word: bytes, strangers: set[int]) -> None:
    """`strangers` are known to be no children of ours: on a busy machine that is nearly all."""
    listed = {int(name) for name in os.listdir("/proc") if name.isdigit()}  # noqa: PTH208 -- dear
    strangers &= listed
    mine = {os.getpid()}
    # A child has a higher number than its parent, but for the rare moment when they start anew.
    for pid in sorted(listed - strangers):
        try:
            stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
            if int(stat.rpartition(")")[2].split()[1]) not in mine:
                strangers.add(pid)
                continue
            mine.add(pid)
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes()
            seen.arguments.add(arguments)
            if word in arguments:
                seen.surroundings.add(Path(f"/proc/{pid}/environ").read_bytes())
        except (OSError, ValueError, IndexError):
            continue  # it has ended meanwhile
