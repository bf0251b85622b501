"""A small bundle made by hand, and ways to run both checkers on it."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

from tests.children import LIMIT_S

from keyturn.evidence import chain_lines, events_file
from keyturn.evidence.bundle import CHECKER, Bundle, bundle_of, checker
from keyturn.evidence.manifest import Place, RunPlace
from keyturn_providers.records import Side
from keyturn_storage.chain import Entry, link
from keyturn_storage.journal import event_digest
from keyturn_storage.rows import ArchivedEvent

RUN = "0123456789abcdef0123456789abcdef"
PLAN_TEXT = '{\n "format": 2\n}\n'
EVENTS = tuple(
    ArchivedEvent(
        RUN, f"op{n}", "okta", Side.DIRECTORY, f"ev{n}", 1_800_000_000_000 + n, "t.ong",
        "user.suspend", f"u{n}", "192.0.2.7", json.dumps({"uuid": f"ev{n}", "who": "Zoë"}),
    )
    for n in (1, 2)
)  # fmt: skip
START = Place(seq=40, hash="ab" * 32)


def entries() -> tuple[Entry, ...]:
    """Entries 41 to 47: of the run, but for one of another run."""
    plan = hashlib.sha256(PLAN_TEXT.encode()).hexdigest()
    contents = [
        {"kind": "run", "run": RUN, "plan_sha256": plan},
        {"kind": "step", "run": RUN, "operation": "op1", "state": "planned"},
        {"kind": "step", "run": "another", "operation": "x", "state": "Bea Berg is suspended"},
        {"kind": "step", "run": RUN, "operation": "op1", "state": "applied"},
        *({"kind": "event", "run": RUN, "sha256": event_digest(one)} for one in EVENTS),
        {"kind": "end", "run": RUN, "state": "ended"},
    ]
    found: list[Entry] = []
    last = START.hash
    for seq, content in enumerate(contents, start=START.seq + 1):
        line = json.dumps({"seq": seq, **content}, separators=(",", ":"))
        found.append(Entry(seq, last, line, link(last, line)))
        last = found[-1].hash
    return tuple(found)


def made(key: Path | None = None) -> Bundle:
    """The bundle, signed where a key is given."""
    lines = entries()
    return bundle_of(
        {
            "leaver.json": '{\n "person": "Dana Okafor",\n "é": 1,\n "b": 2\n}\n'.encode(),
            "leaver.html": b"<!doctype html>\n<p>Dana</p>\n",
            "plan.json": PLAN_TEXT.encode(),
            chain_lines.FILE: chain_lines.written(
                lines, lambda line: chain_lines.is_of(line, {RUN: ()})
            ),
            events_file.EVENTS: events_file.written(EVENTS),
        },
        runs=[RunPlace(run=RUN, plan="feed00d")],
        case=None,
        name=RUN,
        start=START,
        checkpoint=Place(seq=lines[-1].seq, hash=lines[-1].hash),
        key=key,
    )


def unpacked(files: dict[str, bytes], folder: Path) -> Path:
    """The files in a folder, in place of what is there."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def by_script(place: Path, scratch: Path, *signers: str) -> subprocess.CompletedProcess[str]:
    """What the checker that goes with every bundle says, run as an auditor would."""
    script = scratch / CHECKER
    if not script.exists():
        script.write_bytes(checker())
    return subprocess.run(
        [sys.executable, "-I", str(script), str(place), *signers],
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
    )
