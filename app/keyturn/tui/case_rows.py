"""A leaver's case as the lines of the Offboard screen: decisions, facts, runs, what comes after."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from keyturn.evidence.moments import in_zone
from keyturn.tui.case_desk import CaseSeen, Evidence, RunOfCase, VaultLeft
from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.row_source import Row

if TYPE_CHECKING:
    from keyturn.decide.rotation import Entry
    from keyturn.run.rotation import RotationFound

COLUMNS = (Column("what", 10), Column("how it stands", 20, 1))


class What(StrEnum):
    """What a line is about; facts are named by their field."""

    PERSON = "person"
    VAULT = "vault"
    FACT = "fact"
    RUN = "run"
    ROTATION = "rotation"
    EVIDENCE = "evidence"


@dataclass(frozen=True, slots=True)
class Item:
    """One line. `name` is the field of a fact, the id of a vault or of a run."""

    what: What
    name: str = ""


FACTS = (
    ("kind", "type"),
    ("left_ms", "leave time"),
    ("approver", "approver"),
    ("ticket", "ticket"),
    ("legal_hold", "legal hold"),
    ("mode", "mode"),
)
_NUMBERS = {what: number << 32 for number, what in enumerate(What, start=1)}


def case_rows(
    seen: CaseSeen, rotation: "RotationFound | None", evidence: Evidence | None, now_ms: int
) -> tuple[Row, ...]:
    """Every line: who it is, what has to be decided, what is stated, what was done."""
    return (
        _person(seen),
        *(_vault(number, vault) for number, vault in enumerate(seen.vaults)),
        *_facts(seen),
        *(_run(number, run) for number, run in enumerate(seen.runs)),
        _rotation(rotation, now_ms),
        _evidence(seen, evidence),
    )


def fact_words(seen: CaseSeen, field: str) -> str:
    """What was stated, in words; empty where nothing was."""
    facts = seen.facts
    if field == "left_ms":
        return in_zone(facts.left_ms, facts.left_zone)
    if field == "legal_hold":
        return {True: "yes", False: "no", None: ""}[facts.legal_hold]
    if field == "mode":
        return facts.mode or "standard"
    return str(getattr(facts, field))


def vault_words(vault: VaultLeft) -> tuple[str, str]:
    """The sign of a vault that nobody else manages, and what was decided about it."""
    if vault.successor:
        return "=", f"{vault.successor_name} takes over"
    if vault.waiver:
        return "~", f"waived: {vault.waiver}"
    return "!", "nobody else manages it"


def _person(seen: CaseSeen) -> Row:
    # The name is above the list; with the login after it, that was cut.
    login = f" ({seen.login})" if seen.login else ""
    words = (seen.login or seen.name) if seen.known else f"gone: {seen.name}{login}"
    return Row(
        _NUMBERS[What.PERSON], " " if seen.known else "?", ("person", words), ("dim", "strong"),
        label=seen.name, about=Item(What.PERSON),
    )  # fmt: skip


def _vault(number: int, vault: VaultLeft) -> Row:
    sign, words = vault_words(vault)
    role = {"!": "urgent", "~": "change"}.get(sign, "")
    return Row(
        _NUMBERS[What.VAULT] | number, sign, ("vault", f"{vault.name}: {words}"), ("dim", role),
        label=vault.name, about=Item(What.VAULT, vault.id),
    )  # fmt: skip


def _facts(seen: CaseSeen) -> Iterator[Row]:
    mover = seen.facts.kind == "mover"
    for number, (field, name) in enumerate(FACTS):
        words = fact_words(seen, field)
        if mover and field == "legal_hold" and not words:
            continue
        sign, role = ("=", "") if words else ("?", "unknown")
        if words == "emergency":
            sign, role = "!", "urgent"
        if field == "ticket" and not words:
            sign, role = " ", "dim"  # not everybody has tickets
        yield Row(
            _NUMBERS[What.FACT] | number, sign, (name, words or "not said"), ("dim", role),
            label=name, about=Item(What.FACT, field),
        )  # fmt: skip


def _run(number: int, run: RunOfCase) -> Row:
    proven = run.proven == len(run.steps)
    kind = f"undo of {run.undoes[:12]}" if run.undoes else run.scope
    return Row(
        _NUMBERS[What.RUN] | number, "=" if proven else "~",
        ("run", f"{kind} {run.id[:12]}: {run.proven} of {len(run.steps)} proven"),
        ("dim", "" if proven else "change"), label=f"run {run.id}", about=Item(What.RUN, run.id),
    )  # fmt: skip


def _rotation(found: "RotationFound | None", now_ms: int) -> Row:
    sign, words, role = " ", "T lists what has to be changed", "dim"
    if found is not None:
        sign, words, role = rotation_words(found.rotation.entries, now_ms)
    return Row(
        _NUMBERS[What.ROTATION], sign, ("rotation", words), ("dim", role), label="rotation",
        about=Item(What.ROTATION),
    )  # fmt: skip


def rotation_words(entries: "Sequence[Entry]", now_ms: int) -> tuple[str, str, str]:
    """The sign of a rotation list that was read, how it stands in words, and the role of both."""
    waiting = [entry for entry in entries if entry.open]
    late = sum(entry.due_ms < now_ms for entry in waiting)
    sign, role = ("!", "urgent") if late else ("~", "change") if waiting else ("=", "")
    closed = len(entries) - len(waiting)
    return sign, f"{len(waiting)} to change, {late} late, {closed} changed", role


def _evidence(seen: CaseSeen, evidence: Evidence | None) -> Row:
    sign, words, role = " ", "after a run, v writes it", "dim"
    if evidence is not None:
        sign, words, role = "=", str(evidence.folder), ""
    elif seen.runs:
        words = "v writes it"
    return Row(
        _NUMBERS[What.EVIDENCE], sign, ("evidence", words), ("dim", role), label="evidence",
        about=Item(What.EVIDENCE),
    )  # fmt: skip
