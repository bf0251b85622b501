"""The manifest: what is in a bundle, byte by byte, and where the journal stood."""

import hashlib
import json
from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

FORMAT: Literal["keyturn-evidence 2"] = "keyturn-evidence 2"
NAMESPACE = "keyturn-evidence"
MANIFEST = "manifest.json"
SEAL = "manifest.sha256"
SIGNATURE = "manifest.json.sig"
NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
_LINE_DIGITS = 8


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, strict=True)


class Place(_Part):
    """A point of the journal's chain: after entry `seq`, whose hash is `hash`. 0 is its start."""

    seq: int = Field(ge=0)
    hash: str = Field(pattern="^[0-9a-f]{64}$")


class FileEntry(_Part):
    """One file. `lines` are the beginnings of the SHA-256 of each line, so that a change can be
    named by its line; `sha256` is what decides."""

    name: str = Field(pattern=NAME)
    size: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    lines: str

    @property
    def line_digests(self) -> list[str]:
        return self.lines.split()


class RunPlace(_Part):
    """A run that the bundle is about, and the digest of its plan."""

    run: str
    plan: str


class _First(_Part):
    """The first form, which knew one run only."""

    format: Literal["keyturn-evidence 1"]
    keyturn: str
    logic: str
    folder: str = Field(pattern=NAME)
    run: str
    plan: str
    start: Place
    checkpoint: Place
    signing_key: str | None = Field(min_length=8)
    files: list[FileEntry]


class Manifest(_Part):
    """`start` is the entry before the first one in the bundle, `checkpoint` the last one. `runs`
    are those it is about, oldest first; with a `case` they are all that the case had.

    `signing_key` is the fingerprint of the key that signs the manifest, None where nobody does.
    """

    format: Literal["keyturn-evidence 2"]
    keyturn: str
    logic: str
    folder: str = Field(pattern=NAME)
    case: str | None
    runs: list[RunPlace] = Field(min_length=1)
    start: Place
    checkpoint: Place
    signing_key: str | None = Field(min_length=8)
    files: list[FileEntry]

    @property
    def about(self) -> str:
        """The id of the case, or of the run that it is about alone."""
        return self.case or self.runs[0].run

    def text(self) -> bytes:
        """The manifest as it is written and signed."""
        return (json.dumps(self.model_dump(), indent=1, ensure_ascii=True) + "\n").encode("ascii")


def manifest_in(text: bytes) -> Manifest:
    """The manifest that a bundle holds, also one that an older keyturn wrote. Raises pydantic's
    ValidationError."""
    try:
        return Manifest.model_validate_json(text)
    except ValidationError:
        if b'"keyturn-evidence 1"' not in text:
            raise
    old = _First.model_validate_json(text)
    return Manifest(
        format=FORMAT,
        keyturn=old.keyturn,
        logic=old.logic,
        folder=old.folder,
        case=None,
        runs=[RunPlace(run=old.run, plan=old.plan)],
        start=old.start,
        checkpoint=old.checkpoint,
        signing_key=old.signing_key,
        files=old.files,
    )


def entries_of(files: Mapping[str, bytes]) -> list[FileEntry]:
    """The entries of all files, by name."""
    return [
        FileEntry(
            name=name,
            size=len(content),
            sha256=sha256(content),
            lines=" ".join(line_digests(content)),
        )
        for name, content in sorted(files.items())
    ]


def seal_of(manifest: bytes) -> bytes:
    """What stands in `manifest.sha256`; `sha256sum -c` understands it."""
    return f"{sha256(manifest)}  {MANIFEST}\n".encode("ascii")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def line_digests(content: bytes) -> list[str]:
    """One short digest for each line; the last line counts with or without its newline."""
    lines = content.split(b"\n")
    if lines and not lines[-1]:
        lines.pop()
    return [hashlib.sha256(line).hexdigest()[:_LINE_DIGITS] for line in lines]
