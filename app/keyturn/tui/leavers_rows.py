"""Several who leave at once as lines, each in numbers, what is decided and stated of all; and how
it stands with them together."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.content import Content

from keyturn.decide.names import counted
from keyturn.tui.case_desk import CaseSeen, Evidence, LeaverSeen, LeaversSeen
from keyturn.tui.case_rows import FACTS, Item, What, fact_words, rotation_words, vault_words
from keyturn.tui.case_words import blocked_words
from keyturn.tui.safe import joined
from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.paragraphs import Line
from keyturn.tui.widgets.row_source import Row
from keyturn_storage.case_rows import Facts

if TYPE_CHECKING:
    from keyturn.run.shared_rotation import SharedFound

COLUMNS = (
    Column("what", 10),
    Column("how it stands", 30, 1),
    Column("groups", 6, right=True),
    Column("vaults", 6, right=True),
    Column("direct", 6, right=True, drop=3),
    Column("roles", 5, right=True, drop=2),
    Column("machines", 8, right=True, drop=1),
    Column("case", 9),
)
_NOTHING = ("",) * (len(COLUMNS) - 2)
_BITS = 32


def leavers_rows(
    seen: LeaversSeen,
    rotation: "SharedFound | None",
    evidence: Collection[Evidence],
    numbers: Sequence[str],
    now_ms: int,
) -> tuple[Row, ...]:
    """Every line. `numbers` are the keys of the people in a fixed order, which number the rows."""
    together = of_all(seen)
    return (
        *(_person(numbers.index(one.key), one) for one in seen.leavers),
        *_vaults(seen),
        *_facts(seen, together),
        _rotation(rotation, now_ms),
        _evidence(seen, evidence),
    )


def of_all(seen: LeaversSeen) -> CaseSeen:
    """One case that stands for all: of the facts those that are the same of each."""
    facts = Facts()
    for field in Facts.__dataclass_fields__:
        values = {getattr(one.case.facts, field) for one in seen.leavers}
        if len(values) == 1:
            facts = replace(facts, **{field: values.pop()})
    name = counted(len(seen.leavers), "person", "people")
    return CaseSeen("", name, "", "", (), facts, seen.vaults)


def differing(seen: LeaversSeen, field: str) -> dict[str, list[str]]:
    """What was stated, and of whom, where it is not the same of each; empty where it is."""
    found: dict[str, list[str]] = {}
    for one in seen.leavers:
        found.setdefault(fact_words(one.case, field), []).append(one.case.name)
    return found if len(found) > 1 else {}


def differing_lines(seen: LeaversSeen, field: str) -> Iterator[Line]:
    """Who has what, where it is not the same of each."""
    for words, names in differing(seen, field).items():
        yield Line(joined(("  ", ""), (words or "not said", "bold"), f": {', '.join(names)}"), 4)


def _person(number: int, one: LeaverSeen) -> Row:
    case, held = one.case, one.held
    sign = " " if case.known else "?"
    if held is not None and (held.roles or held.orphaned):
        sign = "!"
    numbers: tuple[str, ...] = ("?",) * 5
    if held is not None:
        numbers = tuple(
            str(len(each))
            for each in (held.groups, held.vaults, held.direct, held.roles, held.machines)
        )
    state = "re-opened" if case.reopened else case.state if case.id else "none yet"
    style = {"re-opened": "urgent", "verified": "", "closed": "dim", "none yet": "dim"}
    login = f" ({case.login})" if case.login else ""
    who = f"{'' if case.known else 'gone: '}{case.name}{login}"
    return Row(
        (1 << _BITS) | number, sign, ("person", who, *numbers, state),
        ("dim", "strong", "", "", "", "", "", style.get(state, "change")),
        label=case.name, about=Item(What.PERSON, one.key),
    )  # fmt: skip


def _vaults(seen: LeaversSeen) -> Iterator[Row]:
    for number, vault in enumerate(seen.vaults):
        sign, words = vault_words(vault)
        role = {"!": "urgent", "~": "change"}.get(sign, "")
        yield Row(
            (2 << _BITS) | number, sign, ("vault", f"{vault.name}: {words}", *_NOTHING),
            ("dim", role), label=vault.name, about=Item(What.VAULT, vault.id),
        )  # fmt: skip


def _facts(seen: LeaversSeen, together: CaseSeen) -> Iterator[Row]:
    for number, (field, name) in enumerate(FACTS):
        words = fact_words(together, field)
        apart = differing(seen, field)
        sign, role = ("=", "") if words else ("?", "unknown")
        if apart:
            said = sum(len(names) for word, names in apart.items() if word)
            sign, role, words = "~", "change", f"not the same of each: said of {said}"
        elif words == "emergency":
            sign, role = "!", "urgent"
        elif field == "ticket" and not words:
            sign, role = " ", "dim"  # not everybody has tickets
        yield Row(
            (3 << _BITS) | number, sign, (name, words or "not said", *_NOTHING), ("dim", role),
            label=name, about=Item(What.FACT, field),
        )  # fmt: skip


def _rotation(found: "SharedFound | None", now_ms: int) -> Row:
    sign, words, role = " ", "T lists what has to be changed", "dim"
    if found is not None:
        entries = [one.entry for one in found.rotation.entries]
        sign, words, role = rotation_words(entries, now_ms)
    return Row(
        5 << _BITS, sign, ("rotation", words, *_NOTHING), ("dim", role), label="rotation",
        about=Item(What.ROTATION),
    )  # fmt: skip


def _evidence(seen: LeaversSeen, evidence: Collection[Evidence]) -> Row:
    done = sum(bool(one.case.runs) for one in seen.leavers)
    sign, words, role = " ", "after a run, v writes it for each", "dim"
    if evidence:
        sign, words, role = "=", f"written of {len(evidence)}", ""
    elif done:
        words = f"v writes it, of {done}"
    return Row(
        4 << _BITS, sign, ("evidence", words, *_NOTHING), ("dim", role), label="evidence",
        about=Item(What.EVIDENCE),
    )  # fmt: skip


def totals_words(seen: LeaversSeen) -> str:
    """ "3 people: 12 groups, 9 vaults, 2 direct grants", each person's own counted."""
    held = [one.held for one in seen.leavers if one.held is not None]
    parts = [
        counted(sum(len(one.groups) for one in held), "group"),
        counted(sum(len(one.vaults) for one in held), "vault"),
        counted(sum(len(one.direct) for one in held), "direct grant"),
    ]
    for number, name, names in (
        (sum(len(one.roles) for one in held), "privileged role", "privileged roles"),
        (sum(len(one.machines) for one in held), "machine identity", "machine identities"),
    ):
        parts += [counted(number, name, names)] if number else []
    return f"{counted(len(seen.leavers), 'person', 'people')}: {', '.join(parts)}"


def cases_with_runs(seen: LeaversSeen) -> dict[str, str]:
    """By the key of each of whom something was cut, the case."""
    return {
        one.key: one.case.id for one in seen.leavers if any(not run.undoes for run in one.case.runs)
    }


def standing_words(seen: LeaversSeen) -> Content:
    """What is left to decide, or how many are out, and what they have."""
    words = totals_words(seen)
    if blocked := blocked_words(seen.vaults):
        return joined(blocked, "\n", (words, "bold"))
    done = out_of_all(seen)
    states = f"{done} of {len(seen.leavers)} verified. " if cases_with_runs(seen) else ""
    rest = "" if done == len(seen.leavers) else "p shows the one plan for all."
    return joined((states, "bold $accent"), (f"{words}. ", "bold"), rest)


def out_of_all(seen: LeaversSeen) -> int:
    """Of how many of them nothing is left to plan."""
    return sum(one.case.state in {"verified", "closed"} for one in seen.leavers)
