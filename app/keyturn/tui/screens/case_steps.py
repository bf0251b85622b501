"""The steps of a case that several screens take: deciding about a vault, stating, planning."""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from keyturn.evidence.moments import NotAMoment, zoned
from keyturn.tui.case_desk import CaseSeen, Draft, VaultLeft
from keyturn.tui.case_rows import fact_words
from keyturn.tui.case_words import ASKED
from keyturn.tui.engine import Observe
from keyturn.tui.screens.ask import Ask, needs_words
from keyturn.tui.screens.asked import Asked
from keyturn.tui.screens.picker import Choice, Picker, in_memory
from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.row_source import Found, Row, Wish

if TYPE_CHECKING:
    from keyturn.decide.plans import Plan
    from keyturn.decide.successors import Candidate
    from keyturn.tui.app import KeyturnApp

CANDIDATE_COLUMNS = (Column("name", 14, 2, most=40), Column("login", 14, 2, most=44),
                     Column("because", 14, 4))  # fmt: skip
KINDS = ("voluntary", "involuntary", "contractor end")


@dataclass(frozen=True, slots=True)
class Candidates:
    """Those who could take over and have what is typed: rows are made when they are shown."""

    found: "Sequence[Candidate]"
    typed: str

    def ids(self) -> Sequence[int]:
        """The places in the list of all."""
        words = self.typed.casefold().split()
        return [
            number
            for number, one in enumerate(self.found)
            if all(word in f"{one.name} {one.login} {one.because}".casefold() for word in words)
        ]

    def rows(self, ids: Sequence[int]) -> Sequence[Row]:
        """Those in these places."""
        return [_candidate(number, self.found[number]) for number in ids]

    def find(self, _wish: Wish) -> Found:
        """All of these: the list itself is not filtered, what is typed is."""
        return Found(array("q", self.ids()))


def _candidate(number: int, one: "Candidate") -> Row:
    cells = (one.name, one.login, one.because)
    sign = "*" if one.because else " "
    return Row(number, sign, cells, ("strong", "", "dim"), one.name, about=one)


def choose_successor(
    app: "KeyturnApp", people: Sequence[str], vault: VaultLeft, decided: Callable[[VaultLeft], None]
) -> None:
    """Who takes a vault over, from a list with the most likely first."""
    desk, asked = app.parts.engine.desk, Asked.here(app)

    async def work(_observe: object, _stop: object) -> "tuple[Candidate, ...]":
        return await desk.candidates(people, vault.id)

    def show(found: "tuple[Candidate, ...]") -> None:
        def taken(row: Row | None, _typed: str) -> None:
            if row is not None:
                one = found[row.id]
                decided(replace(vault, successor=one.key, successor_name=one.name, waiver=""))

        who = "the leaver" if len(people) == 1 else "those who leave"
        words = (
            f"Nobody but {who} can manage it. Who is chosen becomes manager first; nothing is "
            "taken before that is seen."
        )
        choice = Choice(
            f"Who takes over {vault.name}?", CANDIDATE_COLUMNS,
            lambda typed: Candidates(found, typed), taken, words=words,
            empty="There is nobody to choose.", placeholder="type to narrow the list",
        )  # fmt: skip
        asked.show(Picker(choice), f"Who could take over {vault.name} is known now: ask again.")

    app.start(f"looking who could take over {vault.name}", work, show, only_reads=True)


def ask_waiver(app: "KeyturnApp", vault: VaultLeft, decided: Callable[[VaultLeft], None]) -> None:
    """Why nobody has to manage a vault any more."""

    def said(reason: str | None) -> None:
        if reason is not None:
            decided(replace(vault, successor="", successor_name="", waiver=reason))

    words = (
        "Nobody will be able to manage this vault. Say why that is right: the reason is kept with "
        "the case, under your name, and stands in the evidence."
    )
    check = needs_words("why nobody has to manage it")
    title = f"Leave {vault.name} without a manager?"
    _ = app.push_screen(Ask(title, words, value=vault.waiver, check=check), said)


def waive(
    app: "KeyturnApp",
    vaults: Sequence[VaultLeft],
    vault_id: str,
    decided: Callable[[VaultLeft], None],
) -> None:
    """Asks why nobody has to manage a vault: the one with this id, where "" is the first of
    `vaults` that nobody decided about. An id that is not among them any more asks nothing."""
    open_ones = [one for one in vaults if (one.id == vault_id if vault_id else not one.decided)]
    if open_ones:
        ask_waiver(app, open_ones[0], decided)
    elif not vault_id:
        app.tell("Waive: there is no vault that would be left without a manager.")


def with_decision(vaults: Sequence[VaultLeft], vault: VaultLeft) -> tuple[VaultLeft, ...]:
    """The vaults, with what was decided about one of them."""
    return tuple(vault if one.id == vault.id else one for one in vaults)


def as_decided(vaults: Sequence[VaultLeft], here: dict[str, VaultLeft]) -> tuple[VaultLeft, ...]:
    """The vaults as they were read, each with what was decided about it on this screen since, until
    the journal has the same."""
    found: list[VaultLeft] = []
    for vault in vaults:
        mine = here.get(vault.id)
        if mine is not None and (mine.successor, mine.waiver) == (vault.successor, vault.waiver):
            del here[vault.id]
        found.append(vault if mine is None else mine)
    return tuple(found)


def state_fact(
    app: "KeyturnApp", seen: CaseSeen, field: str, said: Callable[[dict[str, object]], None]
) -> None:
    """Asks for one fact of a case; what is left as it is calls nothing."""
    words = ASKED[field]
    if field == "mode":
        said({"mode": "standard" if seen.facts.mode == "emergency" else "emergency"})
        return
    if field in {"kind", "legal_hold"}:
        choices = KINDS if field == "kind" else ("yes", "no")
        rows = tuple(Row(n, " ", (word,), ("strong",), word) for n, word in enumerate(choices))
        here = fact_words(seen, field)

        def taken(row: Row | None, _typed: str) -> None:
            if row is not None:
                said({field: row.label if field == "kind" else row.label == "yes"})

        at = choices.index(here) if here in choices else None
        title = "Type of leaving" if field == "kind" else "Legal hold"
        choice = Choice(
            title, (Column(title.casefold(), 20, 1),), lambda _typed: in_memory(rows), taken,
            words=words, at=at, height=1 + len(rows),
        )  # fmt: skip
        _ = app.push_screen(Picker(choice))
        return

    def typed(text: str | None) -> None:
        if text is None:
            return
        if field == "left_ms":
            left_ms, zone = zoned(text)
            said({"left_ms": left_ms, "left_zone": zone})
        else:
            said({field: text})

    title = {"left_ms": "Leave time", "approver": "Approver", "ticket": "Ticket"}[field]
    value = _leave_time(seen, app.parts.now_ms()) if field == "left_ms" else fact_words(seen, field)
    check = _not_a_moment if field == "left_ms" else needs_words("it, or leave it with esc")
    _ = app.push_screen(Ask(title, words, value=value, check=check), typed)


def _leave_time(seen: CaseSeen, now_ms: int) -> str:
    """What was said, else this minute as the machine's own clock has it."""
    at_ms = now_ms if seen.facts.left_ms is None else seen.facts.left_ms
    at = datetime.fromtimestamp(at_ms / 1000, tz=UTC)
    if seen.facts.left_ms is not None and seen.facts.left_zone:
        zone = datetime.fromisoformat(f"2000-01-01T00:00{seen.facts.left_zone}").tzinfo
        return at.astimezone(zone).isoformat(timespec="minutes")
    return at.astimezone().isoformat(timespec="minutes")


def _not_a_moment(text: str) -> str:
    try:
        _ = zoned(text)
    except NotAMoment as wrong:
        return str(wrong)
    return ""


def plan_draft(app: "KeyturnApp", draft: Draft, show: "Callable[[Plan, Draft], None]") -> None:
    """Makes the plan about the leavers as they are now."""
    desk = app.parts.engine.desk

    async def work(observe: Observe, _stop: object) -> "tuple[Plan, Draft]":
        return await desk.plan(draft, observe)

    app.start(f"planning the offboarding of {draft.name}", work, lambda made: show(*made))


def with_vault(draft: Draft, vault: VaultLeft) -> Draft:
    """The draft with what was decided about one vault."""
    others = tuple(vault if one.id == vault.id else one for one in draft.vaults)
    return replace(draft, vaults=others)
