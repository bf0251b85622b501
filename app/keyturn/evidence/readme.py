"""README.txt of a bundle: what is what, how to check it, what it cannot prove."""

import re
from collections.abc import Collection

from keyturn.evidence.facts_file import FACTS
from keyturn.evidence.pack import Pack

_TEXT = """\
{title}
{line}

Evidence made by keyturn {version} from its journal, {runs}.
{verdict}

  leaver.html      to read and to print; one page, no scripts, nothing loaded
  leaver.json      the same as data; what is not known is null and named in "not_known"
{of_runs}  events.ndjson    the targets' own audit events, exactly as received ("raw")
  journal.jsonl    keyturn's journal lines of {this}, each hanging on the one before
{of_case}  manifest.json    SHA-256 of every file, and the checkpoint of the journal{signed_file}
  manifest.sha256  SHA-256 of the manifest (sha256sum -c manifest.sha256)
  verify.py        checks all of this without keyturn: at most 40 lines, read it first

How to check
  python3 verify.py                         files, chain{signature}
  python3 verify.py . ALLOWED_SIGNERS       and who signed
  keyturn verify BUNDLE --signers FILE      the same, and says in which line
Get ALLOWED_SIGNERS, and the copy of verify.py that you trust, by another way than this bundle.

Checkpoint of the journal: entry {seq}, {hash}
  Each line's hash is SHA-256(hash of the line before, newline, line). {entries} entries are given
  from entry {first} on; {withheld} of them are about others, and known by their hash alone.

What it does not prove
  Whoever owns the machine and the key can make journal and bundle anew. Compare the checkpoint with
  one that left the machine earlier (ticket, mail, git tag, time stamp), and events.ndjson with the
  targets' own logs. Leave time, approver, ticket and legal hold are as the operator stated them.
"""


_OF_A_RUN = {
    "plan": "the plan as it was reviewed and applied",
    "outline": "what the plan does to what, by ids alone; its digest is in the journal",
    "policy": "the policy that the plan rests on",
    "sources": "both sources as they answered when the run began: clock, limits, pages",
}
_NAME = re.compile(r"^(?:run-\d+-)?(plan|outline|policy|sources)(?:-minimised)?\.")


def readme(pack: Pack, names: Collection[str], *, signed: bool) -> str:
    """The text; `names` are those of the other files."""
    several = len(pack.runs) > 1
    ids = ", ".join(one.run for one in pack.runs)
    found = sorted(
        ((one, found) for one in names if (found := _NAME.match(one)) is not None),
        key=lambda pair: pair[0],
    )
    width = max([16, *(len(name) for name, _ in found)])
    return _TEXT.format(
        title=pack.case.title,
        line="=" * len(pack.case.title),
        version=pack.tool.keyturn,
        runs=f"case {pack.case.case}, runs {ids}" if several else f"run {ids}",
        this="these runs and their case" if several else "this run",
        verdict=pack.case.verdict,
        of_runs="".join(f"  {name:<{width}} {_OF_A_RUN[kind[1]]}\n" for name, kind in found),
        of_case="  stated.json      what was stated in the case, note by note\n"
        if FACTS in names
        else "",
        signed_file=", signed in manifest.json.sig" if signed else "; not signed",
        signature=" and signature" if signed else "",
        seq=pack.journal.seq,
        hash=pack.journal.hash,
        entries=pack.journal.entries,
        first=pack.journal.start_seq + 1,
        withheld=pack.journal.withheld,
    )
