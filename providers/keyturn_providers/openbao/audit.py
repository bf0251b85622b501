"""The audit log: the file a file audit device writes, or a copy that is kept up to date.

No API reads it. Entries are JSON lines, a request and a response entry for each request, joined by
`request.id`; the server has replaced secret values by HMACs. A write of keyturn's is found by the
`X-Keyturn-Op` header, which the server logs once it is told to.
"""

import glob
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from keyturn_providers.errors import BadAnswer, Conflict
from keyturn_providers.openbao.client import OPERATION_HEADER
from keyturn_providers.openbao.translate import time_ms
from keyturn_providers.records import AuditEvent
from keyturn_providers.text import safe

_HEADER = OPERATION_HEADER.lower()
_HEAD = 4096
_HASHED = "hmac-"
_FORMAT = "1"
_REDACTED = "redacted"
_SECRET_KEYS = frozenset(
    {"client_token", "client_token_accessor", "accessor", "wrapped_accessor", "token"}
)


@dataclass(frozen=True, slots=True)
class _Position:
    """How far the log had been written: the digest of its first bytes tells which file it was, even
    after it was renamed or copied, and `head` how many bytes that digest is over."""

    offset: int
    head: int
    digest: str

    @property
    def text(self) -> str:
        return f"{_FORMAT}:{self.offset}:{self.head}:{self.digest}"


class AuditLog:
    """One log file. All methods block on the disk; call them in a thread."""

    def __init__(self, source: str, path: Path) -> None:
        self._source = source
        self._path = path

    def problem(self) -> str:
        """Why the file cannot be read, as a phrase; empty where it can."""
        try:
            with self._path.open("rb"):
                return ""
        except OSError as error:
            return f"{self._path}: {error.strerror or 'cannot be read'}"

    def checkpoint(self) -> str:
        """The present end of the log. Entries that come later are after it."""
        try:
            with self._path.open("rb") as log:
                offset = _last_line_end(log)
                head = min(offset, _HEAD)
                return _Position(offset, head, _digest(log, head)).text
        except OSError:
            why = self.problem() or f"{self._path} cannot be read"
        raise Conflict(
            self._source,
            "reading the audit log",
            f"{why}.",
            "Let keyturn's user read the file, or correct audit_log in keyturn.yaml.",
        )

    def events(self, since: str, operation_ids: frozenset[str]) -> tuple[AuditEvent, ...]:
        """The events after `since` that carry one of the ids, oldest first, one per request.

        Rotation is followed: the file that `since` points into is found beside the log by its
        first bytes. Raises `Conflict` where it is not there any more (or the log was cut short) and
        an id was not found, since it may have been in the part that is missing.
        """
        position = self._position(since)
        wanted = tuple(operation_id.encode() for operation_id in operation_ids)
        try:
            parts, lost = self._parts(position)
            found = _joined(
                (line for path, offset in parts for line in _lines(path, offset, wanted)),
                operation_ids,
            )
        except OSError as error:
            raise Conflict(
                self._source,
                "reading the audit log",
                f"{self._path}: {error.strerror or 'cannot be read'}.",
                "Let keyturn's user read the file; the change itself is not affected.",
            ) from None
        missing = operation_ids - {event.operation_id for event in found}
        if lost and missing:
            raise Conflict(
                self._source,
                "reading the audit log",
                f"{self._path} was rotated or cut since the change, and the older part is not"
                " beside it.",
                "Put the rotated file next to the log, or read the rest of the proof by hand.",
            )
        return found

    def _parts(self, position: _Position) -> tuple[list[tuple[Path, int]], bool]:
        """The files to read, oldest first, each from an offset; and whether some part is lost."""
        if _is_file(self._path, position):
            return [(self._path, position.offset)], False
        rotated = sorted(
            (path for path in self._beside() if _is_file(path, position)),
            key=lambda path: path.stat().st_mtime_ns,
        )
        if not rotated:
            return [(self._path, 0)], True
        # Logs rotated since then lie between the old file and the present one.
        old = rotated[-1]
        between = sorted(
            (p for p in self._beside() if p.stat().st_mtime_ns > old.stat().st_mtime_ns),
            key=lambda path: path.stat().st_mtime_ns,
        )
        return [(old, position.offset), *((p, 0) for p in between), (self._path, 0)], False

    def _beside(self) -> list[Path]:
        stem = self._path.stem
        return [
            path
            for path in self._path.parent.glob(f"{glob.escape(stem)}*")
            if path != self._path and path.is_file() and not path.name.endswith((".gz", ".zst"))
        ]

    def _position(self, text: str) -> _Position:
        try:
            kind, offset, head, digest = text.split(":")
            if kind == _FORMAT:
                return _Position(int(offset), int(head), digest)
        except ValueError:
            pass
        raise BadAnswer(
            self._source,
            "reading the audit log",
            "The checkpoint was not written by this version of keyturn.",
            "Look for the operation ids in the audit log by hand.",
        )


def _digest(log: BinaryIO, length: int) -> str:
    log.seek(0)
    return hashlib.sha256(log.read(length)).hexdigest()


def _last_line_end(log: BinaryIO) -> int:
    """The offset after the last whole line: one that is being written belongs to what comes
    later."""
    end = os.fstat(log.fileno()).st_size
    while end > 0:
        start = max(0, end - 65536)
        log.seek(start)
        newline = log.read(end - start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0


def _is_file(path: Path, position: _Position) -> bool:
    """Whether `path` is the file that `position` was taken in, and still at least as long."""
    try:
        with path.open("rb") as log:
            long_enough = os.fstat(log.fileno()).st_size >= position.offset
            return long_enough and _digest(log, position.head) == position.digest
    except FileNotFoundError:
        return False


def _lines(path: Path, offset: int, wanted: tuple[bytes, ...]) -> Iterator[bytes]:
    """The whole lines after `offset` that hold one of `wanted`; a torn last line is left for the
    next time."""
    with path.open("rb") as log:
        log.seek(offset)
        for line in log:
            if line.endswith(b"\n") and any(one in line for one in wanted):
                yield line


def _joined(lines: Iterable[bytes], operation_ids: frozenset[str]) -> tuple[AuditEvent, ...]:
    """One event per request, out of its response entry as soon as there is one."""
    found: dict[str, AuditEvent] = {}
    for line in lines:
        entry = _entry(line)
        if entry is None:
            continue
        event = event_of(entry)
        if event is None or event.operation_id not in operation_ids:
            continue
        if event.id not in found or entry.get("type") == "response":
            found[event.id] = event
    return tuple(found.values())


def event_of(entry: dict[str, object]) -> AuditEvent | None:
    """One audit entry as an event; None where it is not a request or response of a client, or
    carries no operation id in the clear. Pure."""
    request, auth = _table(entry, "request"), _table(entry, "auth")
    headers = _table(request, "headers")
    values = headers.get(_HEADER)
    operation_id = values[0] if isinstance(values, list) and values else None
    request_id, at_ms = _text(request, "id"), time_ms(_text(entry, "time"))
    if not isinstance(operation_id, str) or not request_id or at_ms is None:
        return None
    answered = entry.get("type") == "response"
    entity = _text(auth, "entity_id")
    actor = _text(auth, "display_name") or "unknown"
    return AuditEvent(
        id=safe(request_id, 128),
        at_ms=at_ms,
        actor=safe(f"{actor} (entity {entity})" if entity else actor),
        action=safe(_text(request, "operation")) + ("" if answered else " (no answer logged)"),
        target=safe(_text(request, "path")),
        operation_id=safe(operation_id, 128),
        source_address=safe(_text(request, "remote_address"), 80),
        error=safe(_text(entry, "error")),
        raw=json.dumps(_without_secrets(entry), ensure_ascii=True, separators=(",", ":")),
    )


def _without_secrets(value: object, *, secret: bool = False) -> object:
    """The entry with what a device with `log_raw` would have written in the clear taken out."""
    if isinstance(value, dict):
        return {
            key: _without_secrets(
                inner, secret=secret or key in _SECRET_KEYS or (key == "data" and bool(inner))
            )
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_without_secrets(inner, secret=secret) for inner in value]
    if secret and isinstance(value, str) and value and not value.startswith(_HASHED):
        return _REDACTED
    return value


def _entry(line: bytes) -> dict[str, object] | None:
    try:
        # A device may be set to write a prefix before each entry.
        value = json.loads(line[max(line.find(b"{"), 0) :])
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _table(value: dict[str, object], key: str) -> dict[str, object]:
    inner = value.get(key)
    return inner if isinstance(inner, dict) else {}


def _text(value: dict[str, object], key: str) -> str:
    inner = value.get(key)
    return inner if isinstance(inner, str) else ""
