"""Makes a bundle of its files, and writes it down as a folder and as a zip."""

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files as resources
from pathlib import Path

from keyturn import __version__
from keyturn.evidence import signing
from keyturn.evidence.manifest import (
    FORMAT,
    MANIFEST,
    SEAL,
    SIGNATURE,
    Manifest,
    Place,
    RunPlace,
    entries_of,
    seal_of,
    sha256,
)
from keyturn.evidence.zipping import zipped

CHECKER = "verify.py"


class CannotWrite(Exception):
    """The bundle could not be written; says why and what to do next."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """All files of a bundle by name, and what it is called."""

    folder: str
    files: Mapping[str, bytes]
    manifest: Manifest

    def zip(self) -> bytes:
        return zipped(self.files, self.folder)


@dataclass(frozen=True, slots=True)
class Written:
    """Where a bundle is, and the SHA-256 of its manifest and of the zip."""

    folder: Path
    zip: Path
    manifest_sha256: str
    zip_sha256: str


def bundle_of(
    files: Mapping[str, bytes],
    *,
    runs: Sequence[RunPlace],
    case: str | None,
    name: str,
    start: Place,
    checkpoint: Place,
    key: Path | None,
) -> Bundle:
    """`files` about these `runs`, all of the `case` where one is named, with the checker, the
    manifest, its seal and, with a `key`, its signature; the whole is called by `name`.

    The same arguments give the same bytes, but for the signature of some kinds of key. Raises
    CannotSign.
    """
    folder = f"keyturn-evidence-{name}"
    every = {**files, CHECKER: checker()}
    manifest = Manifest(
        format=FORMAT,
        keyturn=__version__,
        logic=logic_digest(),
        folder=folder,
        case=case,
        runs=list(runs),
        start=start,
        checkpoint=checkpoint,
        signing_key=signing.fingerprint_of(key) if key else None,
        files=entries_of(every),
    )
    text = manifest.text()
    every = {**every, MANIFEST: text, SEAL: seal_of(text)}
    if key:
        every[SIGNATURE] = signing.sign(text, key)
    return Bundle(folder, every, manifest)


def checker() -> bytes:
    """The script that checks a bundle without keyturn."""
    return resources("keyturn.evidence").joinpath("standalone_check.py").read_bytes()


def logic_digest() -> str:
    """SHA-256 over the sources of this package: which logic made the report."""
    package = resources("keyturn.evidence")
    sources = sorted(one.name for one in package.iterdir() if one.name.endswith(".py"))
    return sha256(b"".join(package.joinpath(name).read_bytes() for name in sources))


def write(bundle: Bundle, into: Path) -> Written:
    """Writes the folder and the zip below `into`, readable by the operator alone.

    A bundle of the same name is replaced only once the new one is whole. Raises CannotWrite.
    """
    folder, packed = into / bundle.folder, into / f"{bundle.folder}.zip"
    partial = into / f".{bundle.folder}.{os.getpid()}"
    content = bundle.zip()
    try:
        into.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.exists() and not (folder / MANIFEST).is_file():
            raise CannotWrite(
                f"{folder}: will not be replaced: it is there, and is no bundle of evidence. "
                "Name another place with --out."
            )
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        for name, data in bundle.files.items():
            _write(partial / name, data)
        spare = partial.with_suffix(".zip")
        _write(spare, content)
        shutil.rmtree(folder, ignore_errors=True)
        partial.replace(folder)
        spare.replace(packed)
    except OSError as problem:
        raise CannotWrite(
            f"{problem.filename or folder}: the evidence cannot be written: {problem.strerror}. "
            "Name another place with --out."
        ) from None
    text = bundle.files[MANIFEST]
    return Written(folder, packed, sha256(text), sha256(content))


def refuse_tokens(bundle: Bundle, tokens: Iterable[str]) -> None:
    """Raises CannotWrite if any of `tokens` is in a file of the bundle; it is not said which."""
    for token in tokens:
        for name, content in bundle.files.items():
            if token.encode("utf-8") in content:
                raise CannotWrite(
                    f"{name}: the evidence is not written: it would hold the value of a token that "
                    "the configuration names. A source gave it back in an event or a name: change "
                    "that token now, then look for where it was put."
                )


def _write(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
