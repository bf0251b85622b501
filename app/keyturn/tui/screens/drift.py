"""The Drift screen: every finding in one of five orders, marks, and the plan that mends them."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.widget import Widget

from keyturn.tui.actions import Where, bindings
from keyturn.tui.drift_rows import COLUMNS, SEVERITY_STYLE, finding_lines, made_lines
from keyturn.tui.hand import EMPTY_HAND, Hand, Named, Thing
from keyturn.tui.safe import joined, literal
from keyturn.tui.screens.access import REFRESHING, Access
from keyturn.tui.screens.list_screen import ListScreen
from keyturn.tui.screens.planning import plan_findings
from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.paragraphs import Line
from keyturn.tui.widgets.row_source import RowSource
from keyturn.tui.widgets.tally import Tally
from keyturn.tui.widgets.trend_line import TrendLine
from keyturn.tui.widgets.virtual_list import VirtualList
from keyturn_providers.records import Side
from keyturn_storage.queries.finding_lines import Order
from keyturn_storage.rows import FindingRow

if TYPE_CHECKING:
    from keyturn.decide.people import Person
    from keyturn.run.explained import Explained


class Drift(ListScreen):
    """`space` marks, `s` plans what mends the marked, `enter` goes to the person in Access."""

    WHERE = Where.DRIFT
    BINDINGS = bindings(Where.DRIFT)
    TITLE_OF_LIST = "Findings"
    TITLE_OF_TEXT = "Finding"
    EMPTY = "Nothing has drifted: everything is in step."
    COLUMNS: ClassVar[tuple[Column, ...]] = COLUMNS

    def __init__(self) -> None:
        super().__init__()
        self.order = Order.SEVERITY

    def above(self) -> Iterable[Widget]:
        """How many findings of each severity."""
        yield Tally()
        yield TrendLine()

    def rows(self) -> RowSource:
        """Every finding in the order chosen."""
        self.table.note = f"sorted by {self.order.value}"
        if self.order is Order.SINCE:
            self.table.note = "newest first"
        return self.keyturn.parts.data.finding_lines(self.order, self.keyturn.parts.now_ms())

    def show(self, *, again: bool = False) -> None:
        """The list, and how many there are."""
        super().show(again=again)
        self.work("tally", "counting the findings", self._count)

    async def _count(self) -> None:
        data = self.keyturn.parts.data
        counts, decided, points = await self.keyturn.parts.reads.ask(
            lambda: (data.severity_counts(), data.drift() is not None, data.drift_points())
        )
        self.query_one(TrendLine).put(points, self.keyturn.parts.now_ms())
        if not decided:
            going = REFRESHING in self.keyturn.jobs.running()
            then = "Both sources are being read." if going else "r reads both sources."
            self.table.empty = f"Nothing has been compared yet. {then}"
            words = literal("Nothing has been compared yet.", "$quiet")
        elif not counts:
            self.table.empty = self.EMPTY
            words = joined(("= ", "$accent"), "in step", self._doubt())
        else:
            parts: list[str | tuple[str, str]] = []
            for severity, count in counts:
                sign = "! " if severity == "urgent" else ""
                style = SEVERITY_STYLE.get(severity, "")
                parts += [(f"{sign}{count:,} {severity}", style), "   "]
            words = joined(*parts, self._doubt())
        self.query_one(Tally).words = words
        self.table.refresh()

    def _doubt(self) -> tuple[str, str]:
        """What was not wholly read may hide more."""
        rows = self.keyturn.facts.sources
        partly = [row.source.name for row in rows if not row.complete or row.error]
        if not partly:
            return ("", "")
        return (f"   ? there may be more: {' and '.join(partly)} not read wholly", "bold $unknown")

    async def about(self, row: object, label: str) -> Sequence[Line]:
        """All that is known of a finding."""
        if not isinstance(row, FindingRow):
            return ()
        facts = self.keyturn.facts
        now_ms = self.keyturn.parts.now_ms()
        made = made_lines(row, await self._known(row))
        lines = finding_lines(row, facts.sources, now_ms, read_only=self.keyturn.read_only)
        return (*lines, *made)

    async def _known(self, row: FindingRow) -> "tuple[Person, Explained] | None":
        """The access that a finding about a person and a vault is about."""
        data, vault = self.keyturn.parts.data, _vault_of(row)
        if not row.person_key or not vault:
            return None
        return await self.keyturn.parts.reads.ask(lambda: data.explained(row.person_key, vault.key))

    @property
    def hand(self) -> Hand:
        """The person a finding is about, and the vault it names."""
        row = self.table.row if self.alive else None
        found = row.about if row is not None else None
        if not isinstance(found, FindingRow):
            return EMPTY_HAND
        person = Named(found.person_key, found.subject_name if found.person_key else "")
        return Hand(person, _vault_of(found), tuple(_things(found)))

    # ------------------------------------------------------------------ actions

    def action_sort(self) -> None:
        """The next order; the cursor stays with its finding."""
        orders = list(Order)
        self.order = orders[(orders.index(self.order) + 1) % len(orders)]
        self.show()

    def action_except(self) -> None:
        """Owner, reason and last day, as text for keyturn.yaml."""
        row = self.table.row
        found = row.about if row is not None else None
        if isinstance(found, FindingRow):
            self.work("except", "looking at the access", partial(self._except, found))
        else:
            self.keyturn.tell("Except: put the cursor on a finding first.")

    async def _except(self, found: FindingRow) -> None:
        from keyturn.tui.screens.excepting import except_finding, path_of

        known, data = await self._known(found), self.keyturn.parts.data
        path = path_of(found, known)
        held = None if path is None else await self.keyturn.parts.reads.ask(
            lambda: data.held_grant(path.vault_id, path.carrier)
        )  # fmt: skip
        except_finding(self.keyturn, known, path, held.single if held is not None else ())

    @on(VirtualList.Chosen)
    def _open(self) -> None:
        row = self.table.row
        found = row.about if row is not None else None
        if not isinstance(found, FindingRow):
            return
        if not found.person_key:
            self.keyturn.tell(f"{found.subject_name} is nobody: there is no person to go to.")
            return
        self.keyturn.action_go_access()
        access = self.keyturn.screen_stack[0]
        if isinstance(access, Access):
            access.go_to_person(found.person_key)

    def action_sync(self) -> None:
        """A plan for what is marked, or for all findings."""
        content = self.table.content
        if not content.marks and self.table.needle.strip():
            self.keyturn.tell(
                "Nothing is marked: * marks all that the filter shows, esc takes the filter away."
            )
            return
        if not content.ids:
            self.keyturn.tell("There is no finding to mend.")
            return
        self.work("marked", "reading the marks", partial(self._plan, frozenset(content.marks)))

    async def _plan(self, marks: frozenset[int]) -> None:
        data, hidden = self.keyturn.parts.data, len(self.table.content.hidden_marks())
        if not marks:
            plan_findings(self, None, "")
            return
        chosen = await self.keyturn.parts.reads.ask(lambda: data.finding_ids_of_lines(marks))
        note = f"{len(marks)} marked" + (f", {hidden} of them hidden now" if hidden else "")
        plan_findings(self, chosen, note)


def _vault_of(found: FindingRow) -> Named:
    for ref, name in (
        (found.object_ref, found.object_name),
        (found.subject_ref, found.subject_name),
    ):
        if ref.startswith("secrets/vault/"):
            return Named(ref.removeprefix("secrets/vault/"), name)
    return Named()


def _things(found: FindingRow) -> Iterator[Thing]:
    for ref, name in (
        (found.subject_ref, found.subject_name),
        (found.object_ref, found.object_name),
    ):
        side, _, rest = ref.partition("/")
        kind, _, id_ = rest.partition("/")
        if id_ and kind in {"account", "group", "vault"}:
            yield Thing(Side(side), kind, id_, name)
