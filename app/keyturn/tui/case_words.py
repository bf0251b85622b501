"""All that is known of one line of a leaver's case, and what to do about it."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from keyturn.evidence.moments import in_zone
from keyturn.tui.case_desk import CaseSeen, Evidence, RunOfCase, VaultLeft
from keyturn.tui.case_rows import fact_words
from keyturn.tui.engine import Card
from keyturn.tui.plan_words import BLANK, PROVEN, STATE_LOOK
from keyturn.tui.safe import joined
from keyturn.tui.why_words import STYLE
from keyturn.tui.widgets.list_content import SIGN_ROLE
from keyturn.tui.widgets.paragraphs import Line

if TYPE_CHECKING:
    from keyturn.decide.rotation import Entry
    from keyturn.run.rotation import RotationFound

ENTRIES_NAMED = 12
ASKED = {
    "kind": "Why the person leaves. Auditors read an involuntary leave with other eyes.",
    "left_ms": (
        "When the person left, or leaves: from then on every minute of open access counts. It is "
        "said with its zone, such as 2027-01-15T17:30+01:00."
    ),
    "approver": "Who decided that this person is put out.",
    "ticket": "The ticket that this is done for, where you have one.",
    "legal_hold": "Whether data of the person must be kept for a court or an authority.",
    "mode": (
        "Standard, or emergency: after a compromise whatever was used is to be changed the same "
        "day. e plans an emergency at once."
    ),
}


def card_lines(card: Card, *, plan_key: bool) -> Iterator[Line]:
    """What the leaver has on both sides."""
    for heading, lines in card.parts:
        yield Line(joined((heading, "bold $accent")))
        for line in lines:
            style = STYLE.get(SIGN_ROLE.get(line.sign, ""), "")
            yield Line(
                joined((f" {line.sign} ", style), (line.words, "$quiet" if line.role else "")),
                hang=3,
            )
        yield BLANK
    if plan_key:
        words = (
            " shows the plan: every cut by name, in order, with what guards say. Nothing is done "
            "yet."
        )
        yield Line(joined(("p", "bold $accent"), words))


def vault_lines(vault: VaultLeft, *, several: bool = False) -> Iterator[Line]:
    """Why a vault has to be decided about, and how."""
    yield Line(joined((vault.name, "bold")))
    yield BLANK
    if vault.successor:
        yield Line(
            joined(
                ("= ", "$accent"),
                (vault.successor_name, "bold"),
                " becomes manager before anything is taken from the leaver.",
            ),
            2,
        )
    elif vault.waiver:
        yield Line(joined(("~ ", "bold $change"), "Waived: ", (vault.waiver, "bold")), 2)
    else:
        who = "those who leave" if several else "the leaver"
        yield Line(
            joined(
                ("! ", "bold $urgent"),
                f"Nobody but {who} can manage it. The plan is refused until somebody "
                "takes it over, or you say why nobody has to.",
            ),
            2,
        )
    yield BLANK
    yield Line(joined(("enter", "bold $accent"), " chooses who takes over"))
    yield Line(joined(("w", "bold $accent"), "     waives it, with a reason that is kept"))


def blocked_words(vaults: Sequence[VaultLeft]) -> Content | None:
    """What stands above a case, or several, while a vault keeps the plan from being made."""
    undecided = sum(not vault.decided for vault in vaults)
    if not undecided:
        return None
    which = "1 vault has" if undecided == 1 else f"{undecided} vaults have"
    return joined(
        ("! Blocked: ", "bold $urgent"),
        f"{which} no other manager. enter on it says who takes over, w waives it.",
    )


def fact_lines(seen: CaseSeen, field: str, name: str) -> Iterator[Line]:
    """What is asked, what was said."""
    words = fact_words(seen, field)
    yield Line(joined((f"{name}: ", "bold"), (words or "not said", "" if words else "$unknown")))
    yield BLANK
    yield Line(joined(ASKED[field]))
    yield BLANK
    yield Line(
        joined(
            ("enter", "bold $accent"),
            " says it" if not words else " changes it",
            ("  Nothing said before is lost: the case keeps both.", "$quiet"),
        )
    )


def run_of_case_lines(run: RunOfCase) -> Iterator[Line]:
    """Every step that is about the leaver."""
    yield Line(joined((f"Run {run.id}", "bold"), (f", {run.scope}", "$quiet")))
    yield Line(joined(f"{run.proven} of {len(run.steps)} steps proven"))
    yield BLANK
    for step in run.steps:
        state = step.state.replace("_", " ")
        glyph, style = STATE_LOOK.get(state, ("·", "$quiet"))
        yield Line(joined((f" {glyph} ", style), (f"{step.number:>2}  ", "$quiet"), step.words), 7)
        look = "$accent" if step.verdict in PROVEN else "bold $change"
        yield Line(joined("       ", (step.verdict or state, look)), 7)


def rotation_lines(
    found: "RotationFound | None", zone: str, now_ms: int, *, cut: bool, several: bool = False
) -> Iterator[Line]:
    """What has to be changed because the leaver saw or used it, the most urgent first."""
    if found is None:
        who = "those who leave" if several else "the leaver"
        once = " Each item stands once, with who of them saw or used it." if several else ""
        yield Line(joined(f"What {who} could see, did use, and nobody changed since.{once}"))
        yield BLANK
        yield Line(
            joined(
                ("T", "bold $accent"),
                " lists it: items are looked at from outside, their contents are never read.",
            )
        )
        if not cut:
            words = "The cut is not done yet: whatever is changed before it can be seen again."
            yield Line(joined((words, "$change")))
        return
    waiting = found.rotation.open
    yield Line(joined((f"{len(waiting)} to change", "bold"), f" of {len(found.rotation.entries)}"))
    yield from rotation_doubts(found)
    yield BLANK
    for entry in waiting[:ENTRIES_NAMED]:
        yield entry_line(entry, zone, now_ms, entry.because)
    if len(waiting) > ENTRIES_NAMED:
        yield Line(joined((f"  and {len(waiting) - ENTRIES_NAMED} more", "$quiet")))
    yield BLANK
    yield Line(joined(("enter", "bold $accent"), " shows the whole list"))


def entry_line(entry: "Entry", zone: str, now_ms: int, why: str) -> Line:
    """One entry that is open, in a line: by when, what, and why."""
    sign = ("! ", "bold $urgent") if entry.due_ms < now_ms else ("~ ", "$change")
    item = f": {entry.title or entry.item_id}" if entry.item_id else ": all that is in it"
    due = (f"{in_zone(entry.due_ms, zone)}  ", "$quiet")
    return Line(joined(sign, due, f"{entry.vault_name}{item}", (f"  {why}", "$quiet")), 2)


def rotation_doubts(found: "RotationFound") -> Iterator[Line]:
    """What the list does not know."""
    for words in found.leaver.basis:
        yield Line(joined(("? ", "bold $unknown"), words), 2)
    if not found.rotation.usage_known:
        said = "; ".join(found.usage.missing)
        yield Line(
            joined(
                ("? ", "bold $unknown"),
                f"what was used is not known: {said}. This is what could be seen",
            ),
            2,
        )
    else:
        for words in found.usage.missing:
            yield Line(joined(("? ", "bold $unknown"), f"uses not known: {words}"), 2)
    if found.unlisted:
        names = ", ".join(vault.name for vault in found.unlisted)
        yield Line(
            joined(
                ("? ", "bold $unknown"),
                f"whether items were changed cannot be seen in {names}: an entry there stays open",
            ),
            2,
        )


def evidence_lines(evidence: Evidence | None, *, applied: bool) -> Iterator[Line]:
    """Where the evidence is, and how it is checked."""
    if evidence is None:
        yield Line(
            joined(
                "The leaver pack: what was held, cut and proven, as JSON and as a page "
                "to print, with the journal's own lines and a checker."
            )
        )
        yield BLANK
        if applied:
            yield Line(joined(("v", "bold $accent"), " writes it; no source is asked for it"))
        else:
            yield Line(joined(("There is nothing to prove yet: no plan was applied.", "$quiet")))
        return
    yield Line(joined((evidence.verdict, "bold")))
    yield BLANK
    for name, words in (
        ("folder", str(evidence.folder)),
        ("zip", str(evidence.zip)),
        ("SHA-256", evidence.zip_sha256),
        (
            "signed",
            f"with the key {evidence.signed}"
            if evidence.signed
            else "not signed: name a key in keyturn.yaml (evidence: {signing_key: PATH})",
        ),
        ("checkpoint", evidence.checkpoint),
        ("not known", f"{evidence.not_known} fields, each named there with the reason"),
        ("check it", f"keyturn verify {evidence.folder}"),
    ):
        yield Line(joined((f"  {name:<11}", "$quiet"), words), 13)
    yield BLANK
    yield Line(
        joined(
            "Publish the checkpoint where nobody here can change it: in the ticket, or "
            "in a mail to the auditor."
        )
    )


def standing_lines(seen: CaseSeen) -> Iterator[Line]:
    """What the case lacks, and what was noted of it."""
    if seen.id:
        yield Line(
            joined(
                (f"Case {seen.id}", "bold $accent"),
                f": {seen.state}",
                (f", {seen.opened}", "$quiet"),
            )
        )
    for words in seen.missing:
        yield Line(joined((" ? ", "$unknown"), words), 3)
    for words in seen.notes:
        yield Line(joined(("   ", ""), (words, "$quiet")), 3)
    if seen.id:
        yield BLANK
