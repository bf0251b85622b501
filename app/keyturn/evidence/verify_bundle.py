"""Checks a bundle: every byte of it, the chain of its journal lines, and who signed it."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from keyturn.evidence import against_itself, chain_lines, signing
from keyturn.evidence.chain_lines import NotALine, ShownLine
from keyturn.evidence.differing_lines import where_differs
from keyturn.evidence.events_file import EVENTS, event_digests
from keyturn.evidence.manifest import (
    MANIFEST,
    SEAL,
    SIGNATURE,
    FileEntry,
    Manifest,
    Place,
    line_digests,
    manifest_in,
    seal_of,
    sha256,
)
from keyturn.evidence.names_of_files import PLAN, POLICY, SOURCES, before_names
from keyturn.evidence.reading import Held, NotABundle, read_bundle
from keyturn.evidence.wrong import Wrong
from keyturn.evidence.zipping import zipped
from keyturn_storage.case_rows import Noted


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found. `manifest` is None where there is none to go by.

    `entries` counts the journal's entries in the bundle, `withheld` those of other runs, known by
    their hash alone. `signed` says in words by whom it is signed, or that it is not,
    `notes` what could not be compared.
    """

    wrong: tuple[Wrong, ...]
    manifest: Manifest | None
    files: int = 0
    entries: int = 0
    withheld: int = 0
    signed: str = ""
    notes: tuple[str, ...] = ()

    @property
    def as_written(self) -> bool:
        return not self.wrong


def verify_bundle(path: Path, signers: Path | None = None) -> Checked:
    """Checks the folder or zip `path`. Raises NotABundle where nothing is there to be checked.

    A bundle that was rewritten as a whole, manifest and all, is known by its signature, or by a
    checkpoint that was published elsewhere; one without either is only consistent in itself.
    """
    try:
        held = read_bundle(path)
    except NotABundle as problem:
        if not path.exists():
            raise
        return Checked((Wrong("", "", str(problem)),), None)
    text = held.files.get(MANIFEST)
    if text is None:
        return Checked((Wrong(MANIFEST, "", "it is missing"),), None, len(held.files))
    wrong = list(_seal(held, text))
    try:
        manifest = manifest_in(text)
    except ValidationError as problem:
        odd = problem.errors()[0]
        place = ".".join(str(part) for part in odd["loc"])
        wrong.append(Wrong(MANIFEST, place, "it is no manifest of keyturn"))
        return Checked(tuple(wrong), None, len(held.files))
    wrong += _files(held, manifest)
    if held.zip is not None:
        wrong += _packing(held, held.zip, manifest)
    lines, unreadable = _lines(held)
    wrong += unreadable
    wrong += _chain(lines, manifest) if not unreadable else []
    wrong += _bound(held, lines, manifest)
    compared = against_itself.compare(held.files, lines, manifest)
    wrong += compared.wrong
    signed, bad = _signature(held, text, manifest, signers)
    wrong += bad
    return Checked(
        wrong=tuple(dict.fromkeys(wrong)),
        manifest=manifest,
        files=len(held.files),
        entries=len(lines),
        withheld=sum(line.line is None for line in lines),
        signed=signed,
        notes=compared.notes,
    )


def _seal(held: Held, text: bytes) -> Iterator[Wrong]:
    seal = held.files.get(SEAL)
    if seal is None:
        yield Wrong(SEAL, "", "it is missing")
    elif seal != seal_of(text):
        yield Wrong(MANIFEST, "", f"its SHA-256 is not the one in {SEAL}")


def _files(held: Held, manifest: Manifest) -> Iterator[Wrong]:
    named = {one.name: one for one in manifest.files}
    own = {MANIFEST, SEAL} | ({SIGNATURE} if manifest.signing_key else set())
    for name in sorted(named.keys() | held.files.keys()):
        content, entry = held.files.get(name), named.get(name)
        if content is None:
            yield Wrong(name, "", "it is missing")
        elif entry is not None:
            yield from _file(entry, content)
        elif name not in own:
            yield Wrong(name, "", "it is not of this bundle")


def _file(entry: FileEntry, content: bytes) -> Iterator[Wrong]:
    if sha256(content) == entry.sha256:
        return
    where, words = where_differs(entry.line_digests, line_digests(content))
    yield Wrong(entry.name, where, words)


def _packing(held: Held, packed: bytes, manifest: Manifest) -> Iterator[Wrong]:
    again = zipped(held.files, manifest.folder)
    if again == packed:
        return
    if held.prefix != manifest.folder:
        yield Wrong("", "", f"its folder is {held.prefix}, and should be {manifest.folder}")
        return
    pairs = zip(again, packed, strict=False)
    at = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(again), len(packed)))
    yield Wrong("", f"byte {at}", "it was changed here, outside of the files in it")


def _lines(held: Held) -> tuple[tuple[ShownLine, ...], tuple[Wrong, ...]]:
    content = held.files.get(chain_lines.FILE)
    if content is None:
        return (), (Wrong(chain_lines.FILE, "", "it is missing"),)
    try:
        return tuple(chain_lines.read(content)), ()
    except NotALine as odd:
        return (), (Wrong(chain_lines.FILE, str(odd), "it was changed"),)


def _chain(lines: tuple[ShownLine, ...], manifest: Manifest) -> Iterator[Wrong]:
    for broken in chain_lines.broken_links(lines, manifest.start, manifest.checkpoint):
        yield Wrong(chain_lines.FILE, f"line {broken.row}, entry {broken.seq}", broken.words)


@dataclass(slots=True)
class _Said:
    """What the journal's own lines tell of one run."""

    events: Counter[str] = field(default_factory=Counter)
    plans: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)


def _bound(held: Held, lines: tuple[ShownLine, ...], manifest: Manifest) -> Iterator[Wrong]:
    """Whether plans and audit events are those that the journal's own lines tell of, and whether no
    run of the case is left out."""
    said = {one.run: _Said() for one in manifest.runs}
    tied: dict[str, int] = {}
    for shown in lines:
        try:
            content = json.loads(shown.line or "null")
        except ValueError:
            continue
        if not isinstance(content, dict):
            continue
        run_id = str(content.get("run"))
        if content.get("kind") == "case note" and content.get("case") == manifest.case:
            if content.get("what") == Noted.RUN.value:
                tied.setdefault(run_id, shown.seq)
        elif run_id in said:
            _hear(said[run_id], content)
    for number, one in enumerate(manifest.runs, start=1):
        yield from _plan(held, said[one.run], before_names(number, len(manifest.runs)))
    yield from _events(held, said, manifest)
    for run_id, seq in tied.items() if manifest.case is not None else ():
        if run_id not in said:
            yield Wrong(
                MANIFEST, "runs", f"run {run_id}, which entry {seq} ties to the case, is missing"
            )


def _hear(said: _Said, content: dict[str, object]) -> None:
    match content.get("kind"):
        case "event":
            said.events[str(content.get("sha256"))] += 1
        case "run":
            said.plans.add(str(content.get("plan_sha256")))
        case "kept":
            said.kept.add(str(content.get("sha256")))


def _plan(held: Held, said: _Said, before: str) -> Iterator[Wrong]:
    """Plan, sources and policy of one run; `before` stands before the names of its files."""
    plan, sources = held.files.get(before + PLAN), held.files.get(before + SOURCES)
    if plan is not None and {hashlib.sha256(plan).hexdigest()} != said.plans:
        yield Wrong(before + PLAN, "", "it is not the plan that the journal says was applied")
    if sources is not None and sha256(sources) not in said.kept:
        yield Wrong(before + SOURCES, "", "it is not what the journal kept of the sources")
    yield from _policy(held, plan, before + POLICY)


def _events(held: Held, said: dict[str, _Said], manifest: Manifest) -> Iterator[Wrong]:
    only = manifest.runs[0].run if len(manifest.runs) == 1 else ""
    for number, (run_id, digest) in enumerate(event_digests(held.files.get(EVENTS, b"")), start=1):
        told = said.get(run_id or only)
        if told is None or not told.events[digest]:
            yield Wrong(EVENTS, f"line {number}", "it is no event that the journal archived")
        else:
            told.events[digest] -= 1
    for told in said.values():
        for digest in sorted(+told.events):
            yield Wrong(EVENTS, "", f"the event with SHA-256 {digest} is missing")


def _policy(held: Held, plan: bytes | None, name: str) -> Iterator[Wrong]:
    """The plan says which policy it rests on, and the journal which plan was applied."""
    policy = held.files.get(name)
    if policy is None or plan is None:
        return
    try:
        plain = json.loads(plan)
    except ValueError:
        return
    if isinstance(plain, dict) and plain.get("policy_digest") != sha256(policy):
        yield Wrong(name, "", "it is not the policy that the plan rests on")


def _signature(
    held: Held, text: bytes, manifest: Manifest, signers: Path | None
) -> tuple[str, tuple[Wrong, ...]]:
    armour, key = held.files.get(SIGNATURE), manifest.signing_key
    if key is None:
        if signers is None:
            return "it is not signed", ()
        return "it is not signed", (Wrong(MANIFEST, "", "nobody signed it"),)
    if armour is None:
        return "", (Wrong(SIGNATURE, "", f"it is missing; the manifest names the key {key}"),)
    found = signing.check(text, armour, signers)
    if found.words:
        return "", (Wrong(SIGNATURE, "", found.words),)
    if found.fingerprint != key:
        words = f"it is by the key {found.fingerprint}, and the manifest names {key}"
        return "", (Wrong(SIGNATURE, "", words),)
    if found.signer:
        return f"signed by {found.signer} with the key {key}", ()
    return f"signed with the key {key}; compare it, or name --signers, to know whose it is", ()


def checkpoint_words(place: Place) -> str:
    """A point of the chain, to be compared with one that was published."""
    return f"entry {place.seq}, hash {place.hash}"
