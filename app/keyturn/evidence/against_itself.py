"""Whether what a bundle says in words is what its own journal lines and audit events say.

Somebody who rewrites the words can make the digests fit. The chain then still says what was, and
cannot be made to fit without another checkpoint.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from keyturn.decide.names import counted
from keyturn.decide.values import NotThatValue, from_plain
from keyturn.evidence.against_later import Later, Lines, later_of, wrong_later
from keyturn.evidence.against_plans import planned_in, plans_not_held, wrong_plans
from keyturn.evidence.against_windows import wrong_windows
from keyturn.evidence.bundle import logic_digest
from keyturn.evidence.case_telling import run_verdict
from keyturn.evidence.chain_lines import ShownLine, contents
from keyturn.evidence.events_file import EVENTS, KeptEvent, kept_events
from keyturn.evidence.facts_file import FACTS, wrong_facts
from keyturn.evidence.manifest import Manifest
from keyturn.evidence.moments import NotAMoment, utc
from keyturn.evidence.names_of_files import PACK, PAGE
from keyturn.evidence.pack import FORMAT, Pack
from keyturn.evidence.pack_runs import StepTold
from keyturn.evidence.page import page
from keyturn.evidence.proof_words import is_good
from keyturn.evidence.run_record import StepEntry, step_entry
from keyturn.evidence.step_telling import told_entry
from keyturn.evidence.totals import all_proven, taken_back, totals_of, verdict_of
from keyturn.evidence.wrong import Wrong
from keyturn_storage.case_rows import Noted

NOT_HELD = "not held by the chain: "
"""How each note begins that says what no line of the journal holds."""


@dataclass(frozen=True, slots=True)
class Compared:
    """`notes` say what could not be compared, and why."""

    wrong: tuple[Wrong, ...]
    notes: tuple[str, ...] = ()


def compare(files: dict[str, bytes], lines: Sequence[ShownLine], manifest: Manifest) -> Compared:
    """Holds `leaver.json` against journal lines and events, and `leaver.html` against it."""
    content = files.get(PACK)
    if content is None:
        return Compared(())
    try:
        plain = json.loads(content)
    except (ValueError, RecursionError):
        return Compared((Wrong(PACK, "", "it is no JSON"),))
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        words = f"{PACK} is of another format than this keyturn's: not compared with the journal"
        return Compared((), (words,))
    try:
        pack = from_plain(Pack, plain)
    except NotThatValue as odd:
        return Compared((Wrong(PACK, str(odd), "it is no leaver pack"),))
    said = tuple(contents(lines))
    wrong = [
        *_head(pack, manifest, said),
        *_states(pack, lines),
        *_steps(pack, by_step(pack, lines), files.get(EVENTS, b"")),
    ]
    later = later_of(pack, said, files)
    planned, wrong_files = planned_in(pack, said, files)
    wrong += (*wrong_files, *wrong_plans(pack, planned), *wrong_later(pack, said, later, files))
    try:
        if pack.case.case is not None:
            wrong += wrong_facts(pack, said, pack.case.case, files.get(FACTS, b""))
        wrong += wrong_windows(pack, by_step(pack, lines), later)
    except (ValueError, NotAMoment):
        wrong.append(Wrong(PACK, "systems", "a time or a step is told that is none"))
    withheld = sum(one.line is None for one in lines)
    unheld = (*plans_not_held(planned, files), *not_held(pack, later, withheld))
    notes = tuple(f"{NOT_HELD}{one}" for one in unheld)
    try:
        wrong += _sums(pack)
    except ValueError:
        wrong.append(Wrong(PACK, "steps", "one is in a state that there is not"))
    if manifest.logic != logic_digest():
        words = f"{PAGE} was made by another build of keyturn: not compared with {PACK}"
        return Compared(tuple(wrong), (*notes, words))
    wrong += _verdicts(pack, later)
    if PAGE in files and files[PAGE] != page(pack).encode("utf-8"):
        wrong.append(Wrong(PAGE, "", f"it does not say what {PACK} says"))
    return Compared(tuple(wrong), notes)


def not_held(pack: Pack, later: Later, withheld: int) -> Iterator[str]:
    """What no line of the journal holds, counted, so that only a signature, or the journal itself,
    tells whether it was rewritten. `withheld` is how many lines are there by their hash alone."""
    if pack.person is not None:
        read = (
            (
                sum(len(one.access) for one in pack.systems),
                "row of access before and after",
                "rows of access before and after",
            ),
            (len(pack.systems), "account state"),
            (len(pack.completeness), "reading"),
            (len(pack.machines), "machine identity", "machine identities"),
            (len(pack.exceptions), "exception"),
            (len(pack.rotation.entries), "entry to be changed", "entries to be changed"),
        )
        parts = ", ".join(counted(number, *words) for number, *words in read if number)
        if parts:
            yield f"what was read from the cache and the archive ({parts})"
    if pack.decided:
        yield f"the words of {counted(len(pack.decided), 'decision')}, whose times are"
    if pack.case.stated:
        stated = ", ".join(pack.case.stated)
        facts = counted(len(pack.case.stated), "fact")
        yield f"{facts} stated with the report itself ({stated})"
    if later.shared:
        numbers = ", ".join(str(run.number) for run in pack.runs if run.run in later.shared)
        yield f"whether there were later looks at run {numbers}, in which several left"
    if withheld:
        are = "is" if withheld == 1 else "are"
        yield (
            f"whether {counted(withheld, 'line')} of the journal, there by hash alone, {are} about "
            "others: the journal itself tells (keyturn verify --journal)"
        )


def _head(pack: Pack, manifest: Manifest, said: Lines) -> Iterator[Wrong]:
    told = pack.journal
    ids = tuple(one.run for one in manifest.runs)
    if (pack.case.runs, tuple(one.run for one in pack.runs)) != (ids, ids):
        yield Wrong(PACK, "case.runs", "they are not the runs of the manifest")
    if manifest.case is not None and pack.case.case != manifest.case:
        yield Wrong(PACK, "case.case", "it is another case than the manifest's")
    tied = {
        str(content.get("case"))
        for _, content in said
        if content.get("kind") == "case note"
        and (content.get("what"), content.get("run") in ids) == (Noted.RUN.value, True)
    }
    # Where several left, the lines of the others' cases may be shown too.
    alone = pack.person is not None and not pack.journal.not_told
    if alone and tied and pack.case.case not in tied:
        yield Wrong(PACK, "case.case", "the journal's lines tie the run to a case")
    place = (manifest.start.seq, manifest.start.hash)
    end = (manifest.checkpoint.seq, manifest.checkpoint.hash)
    if ((told.start_seq, told.start_hash), (told.seq, told.hash)) != (place, end):
        yield Wrong(PACK, "journal", "its checkpoint is not the manifest's")


def _states(pack: Pack, lines: Sequence[ShownLine]) -> Iterator[Wrong]:
    """Whether each run, and all together, have ended or not as the journal's own lines say."""
    said: dict[object, object] = {}
    for shown in lines:
        try:
            content = json.loads(shown.line or "null")
        except ValueError:
            continue
        if isinstance(content, dict) and content.get("kind") in {"run", "end"}:
            said[content.get("run")] = content.get("state")
    for run in pack.runs:
        if run.state != said.get(run.run, run.state):
            yield Wrong(
                PACK, f"runs, {run.number}", "its state is not what the journal's lines say"
            )
    unended = [run.state for run in pack.runs if run.state != "ended"]
    if pack.case.state != (unended[-1] if unended else "ended"):
        yield Wrong(PACK, "case.state", "it is not what the states of the runs say")


def _verdicts(pack: Pack, later: Later) -> Iterator[Wrong]:
    """Whether the sums in words are those of the steps. What happened since stands before them."""
    for run in pack.runs:
        mine = [step for step in pack.steps if step.run == run.number]
        if run.verdict != run_verdict(run.state, mine):
            yield Wrong(PACK, f"runs, {run.number}", "its verdict is not what its steps say")
    alone = len(pack.runs) == 1
    told = pack.runs[0].verdict if alone else verdict_of(pack.runs, pack.case.totals)
    said = pack.case.verdict
    if said != later.words(pack) + told if later.words_known else not said.endswith(told):
        yield Wrong(PACK, "case.verdict", "it is not what the steps add up to")


def by_step(pack: Pack, lines: Sequence[ShownLine]) -> dict[tuple[str, str], list[StepEntry]]:
    """The entries of each run and operation that the lines have."""
    said: dict[tuple[str, str], list[StepEntry]] = defaultdict(list)
    for shown in lines:
        for run in pack.runs if shown.line is not None else ():
            entry = step_entry(shown.line or "", run.run)
            if entry is not None:
                said[run.run, entry.operation].append(entry)
    return said


def _steps(
    pack: Pack, said: dict[tuple[str, str], list[StepEntry]], events: bytes
) -> Iterator[Wrong]:
    ids = {one.number: one.run for one in pack.runs}
    only = pack.runs[0].run if len(pack.runs) == 1 else ""
    logged = {(one.run or only, one.operation, one.id): one for one in kept_events(events)}
    for step in pack.steps:
        place, run_id = f"step {step.label}", ids.get(step.run, "")
        entries = said.pop((run_id, step.operation), [])
        history = tuple(told_entry(one) for one in entries)
        if history != step.history:
            yield Wrong(PACK, place, "its history is not what the journal's lines say")
        elif not _concluded_so(step, entries):
            yield Wrong(PACK, place, "its state or verdict is not what the journal's lines say")
        if step.event is not None:
            kept = logged.get((run_id, step.operation, step.event.id))
            if kept is None or not _same(step, kept):
                yield Wrong(PACK, place, f"its event is not the one in {EVENTS}")
    for _, operation in said:
        if operation not in pack.journal.not_told:
            words = f"the operation {operation}, which the journal tells of, is missing"
            yield Wrong(PACK, "", words)


def _sums(pack: Pack) -> Iterator[Wrong]:
    """Whether what is said of all runs together is what their steps add up to."""
    alone = len(pack.runs) == 1
    for run in pack.runs:
        place = f"runs, {run.number}"
        if run.taken_back != taken_back(run.number, pack.steps):
            yield Wrong(PACK, place, "what was taken back of it is not what the later steps say")
        steps = [one for one in pack.steps if one.run == run.number]
        if run.proven and not all(one.proven for one in steps):
            yield Wrong(PACK, place, "it says that all is proven, and not every step is")
    if pack.case.totals != totals_of(pack.runs, pack.steps):
        yield Wrong(PACK, "case.totals", "they are not what the steps add up to")
    steps_say = (
        all(one.proven for one in pack.steps) if alone else all_proven(pack.runs, pack.case.totals)
    )
    if pack.case.proven and not steps_say:
        yield Wrong(PACK, "case.proven", "it says that all is proven, and not every step is")


def _concluded_so(step: StepTold, entries: Sequence[StepEntry]) -> bool:
    """What no line tells of was never begun."""
    verdict = next((one.verdict for one in reversed(entries) if one.verdict), "")
    state = entries[-1].state.replace("_", " ") if entries else "planned"
    proven = is_good(verdict) and not (entries and entries[-1].error)
    return (step.state, step.verdict, step.proven) == (state, verdict, proven)


def _same(step: StepTold, kept: KeptEvent) -> bool:
    event = step.event
    return event is not None and (
        event.at,
        event.actor,
        event.action,
        event.target,
        event.source_address or "",
    ) == (utc(kept.at_ms), kept.actor, kept.action, kept.target, kept.source_address)
