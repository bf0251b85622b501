"""Machine identities as lines of the Machines screen, and all that is known of one in words."""

from collections.abc import Iterator

from keyturn.decide.scope_use import ScopeUse
from keyturn.decide.words import DriftKind
from keyturn.tui.ages import age, moment, until
from keyturn.tui.drift_rows import whole_finding
from keyturn.tui.safe import joined
from keyturn.tui.why_words import STYLE
from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.list_content import SIGN_ROLE
from keyturn.tui.widgets.paragraphs import Line
from keyturn.tui.widgets.row_source import Row
from keyturn_storage.queries.machines import MachineRow

COLUMNS = (
    Column("name", 14, 3, most=48),
    Column("kind", 14, 1, drop=5, most=24),
    Column("source", 11, 1, drop=4, most=20),
    Column("owner", 17, 3, most=40),
    Column("owner is", 11),
    Column("last used", 9, right=True),
    Column("expires", 8, right=True, drop=6),
    Column("scopes", 6, right=True, drop=2),
    Column("used", 7, right=True, drop=3),
    Column("dies with", 9, drop=1),
)
NOBODY, IN_POLICY = "nobody", "as in policy"
OFF = frozenset({"suspended", "deactivated"})
HANG = 13


def machine_line(row: MachineRow, now_ms: int, use: ScopeUse | None = None) -> Row:
    """One line."""
    found, (owner, owner_role), (state, state_role) = row.machine, _owner(row), _owner_state(row)
    expires, expires_role = _expires(found.expires_ms, now_ms)
    used = "no data" if found.last_used_ms is None else f"{age(found.last_used_ms, now_ms)} ago"
    return Row(
        row.no,
        row.sign,
        (
            found.name, found.kind, row.source, owner, state, used, expires,
            str(_granted(row, use)) if _granted(row, use) else "–",
            "no data" if use is None or not use.known else
            f"{len(use.used)} of {len(use.granted)}" if use.granted else str(len(use.beyond)),
            "owner" if found.dies_with_owner else "–",
        ),
        ("strong", "dim", "dim", owner_role, state_role,
         "dim" if found.last_used_ms is None else "", expires_role, "",
         "" if use is not None and use.known else "dim", "dim"),
        label=found.name,
        about=row,
    )  # fmt: skip


def machine_lines(row: MachineRow, now_ms: int, use: ScopeUse | None = None) -> Iterator[Line]:
    """What was found about it, whose it is, what it may do, and how long it lives."""
    found = row.machine
    style = STYLE[SIGN_ROLE.get(row.sign, "dim")]
    if row.finding_id:
        yield Line(joined((f"{row.sign} ", style), (row.words, "bold"),
                          (f"  since {age(row.since_ms, now_ms)}", "$quiet")),
                   hang=2)  # fmt: skip
    else:
        yield Line(joined(("= ", style), (found.name, "bold"), ": nothing is wrong with it."))
    yield _line("owner", *_owner_words(row))
    used = "no data: the source does not say" if found.last_used_ms is None else (
        f"{age(found.last_used_ms, now_ms)} ago, {moment(found.last_used_ms)}")  # fmt: skip
    yield _line("last used", used)
    may = found.scopes or (use.granted if use is not None else ())
    yield _line("scopes", ", ".join(may) or "the source does not say")
    yield from _use_lines(use, now_ms)
    lives = "never, as far as the source says" if found.expires_ms is None else (
        f"{_expires(found.expires_ms, now_ms)[0]}, {moment(found.expires_ms)}")  # fmt: skip
    yield _line("expires", lives)
    whole = whole_finding(row.finding_body)
    if whole is not None and whole.remedy_words:
        yield _line("remedy", whole.remedy_words)
    yield _line("what", f"{found.kind} in {row.source} ({row.side})", (f", {found.id}", "$quiet"))
    if found.created_ms is not None:
        yield _line("made", f"{age(found.created_ms, now_ms)} ago, {moment(found.created_ms)}")
    if found.note:
        yield _line("note", found.note)


def _granted(row: MachineRow, use: ScopeUse | None) -> int:
    """How many scopes; where the source names none, how many vaults it may open."""
    return len(row.machine.scopes) or (len(use.granted) if use is not None else 0)


def _use_lines(use: ScopeUse | None, now_ms: int) -> Iterator[Line]:
    """Granted against used, as far as archived events tell."""
    if use is None or use.last_ms is None:
        yield _line("used", "no data: no archived event names it")
        return
    last = f", last {age(use.last_ms, now_ms)} ago"
    if use.granted:
        which = f": {', '.join(use.used)}" if use.used else ""
        yield _line("used", f"{len(use.used)} of {len(use.granted)} vaults{which}{last}")
    else:
        yield _line("used", f"vaults it opened: {', '.join(use.beyond)}{last}")
        return
    if use.unseen:
        yield _line("not seen", f"{', '.join(use.unseen)}: no archived event says it was used")
    if use.beyond:
        yield _line("once", f"{', '.join(use.beyond)}: used, and not granted now")


def _owner(row: MachineRow) -> tuple[str, str]:
    if row.owner_name:
        return row.owner_name, ""
    if row.finding_id:
        return NOBODY, "unknown"
    # Without an owner nothing was found: then the policy names one.
    return IN_POLICY, ""


def _owner_state(row: MachineRow) -> tuple[str, str]:
    """Whether the owner left: by what was decided first, then by their account."""
    if row.finding_kind == DriftKind.MACHINE_OWNER_LEFT:
        return "! left", "urgent"
    if not row.owner_name:
        return "–", "dim"
    if row.owner_state in OFF:
        return row.owner_state, "change"
    return ("here", "") if row.owner_state == "active" else (row.owner_state or "?", "unknown")


def _owner_words(row: MachineRow) -> Iterator[str | tuple[str, str]]:
    owner, _role = _owner(row)
    yield (owner, "bold")
    state, _role = _owner_state(row)
    if row.owner_name:
        yield f", {state.removeprefix('! ')}"
    if row.machine.owner_account_id is not None and not row.owner_name:
        yield f" ({row.machine.owner_account_id} in {row.source})"
    if row.owner_name or row.machine.owner_account_id is not None:
        ends = row.machine.dies_with_owner
        yield "; it ends with their account" if ends else "; it lives on without them"


def _expires(at_ms: int | None, now_ms: int) -> tuple[str, str]:
    if at_ms is None:
        return "never", "dim"
    if at_ms <= now_ms:
        return f"{age(at_ms, now_ms)} ago", "change"
    return f"in {until(at_ms, now_ms)}", ""


def _line(name: str, *parts: str | tuple[str, str]) -> Line:
    return Line(joined((f"  {name:<11}", "$quiet"), *parts), hang=HANG)
