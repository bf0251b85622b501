"""The Access screen: what its keys do with the row in front, and why it is as it is."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.content import Content
from textual.widget import Widget

from keyturn.tui.access_rows import EMPTY, READING
from keyturn.tui.actions import Where, bindings
from keyturn.tui.data import EVERYTHING, PANE_TITLES, Behind, Pane, View
from keyturn.tui.first_look import FirstLook
from keyturn.tui.safe import literal
from keyturn.tui.screens.linked_panes import LinkedPanes
from keyturn.tui.screens.resumed import NOTHING_OPEN, RESUMING, resumed_dialog
from keyturn.tui.why_words import why_lines
from keyturn.tui.widgets.find_line import FindLine
from keyturn.tui.widgets.list_content import GONE
from keyturn.tui.widgets.pane_tabs import PaneTabs
from keyturn.tui.widgets.paragraphs import Line
from keyturn.tui.widgets.virtual_list import VirtualList
from keyturn.tui.widgets.why_strip import WhyStrip
from keyturn_storage.list_rows import GrantRow, GroupRow, PersonRow

if TYPE_CHECKING:
    # Not needed for the first paint, nor is what the methods below import when a key asks for it.
    from keyturn.tui.engine import Ended, Refreshed
    from keyturn.tui.hand import Copied, Hand

REFRESHING = "reading both sources"


class Access(LinkedPanes):
    """Users, Groups and Vault grants, and below them why; `a` shows all again."""

    WHERE = Where.ACCESS
    BINDINGS = bindings(Where.ACCESS)
    _why_of: tuple[Pane, int | None, View] | None = None

    def body(self) -> Iterable[Widget]:
        """Tabs where only one pane fits, the panes, the strip."""
        remembered = self.keyturn.remembered
        if remembered.pane in list(Pane) and not self.keyturn.parts.person:
            self.front = Pane(remembered.pane)
        yield from super().body()
        yield WhyStrip()

    @property
    def person_key(self) -> str:
        """The key of the person in focus, empty where there is none."""
        return self._person_in_focus()[0]

    def on_mount(self) -> None:
        """Where the operator was, from the cache."""
        remembered = self.keyturn.remembered
        self.drift_only = remembered.drift_only
        self._wanted_person = self.keyturn.parts.person or remembered.person
        for pane in Pane:
            self.pane(pane).begin_with(remembered.finds.get(pane.value, ""))
            self.pane(pane).begin_looking(remembered.look(pane.value))
        look = self.keyturn.look
        if look is None:
            self._show(self.front, EVERYTHING)
        else:
            self._begin_with(look)
        self._say_tabs()
        self.set_focus(self.pane(self.front))

    def _begin_with(self, look: FirstLook) -> None:
        self._wanted_person = ""
        for pane, found in look.panes.items():
            self._headed(pane, found.view)
            self.pane(pane).begin_at(
                found.source, found.answer, look.cursor if pane is Pane.USERS else 0
            )
        row = self.pane(Pane.USERS).row
        self._put_why(row.about if row else None, EVERYTHING, look.behind)

    # ------------------------------------------------------------------ what is in hand

    @property
    def hand(self) -> "Hand":
        """The person, vault or group under the cursor of the pane in front."""
        from keyturn.tui.hand import EMPTY_HAND, Hand, Named, Thing
        from keyturn_providers.records import Side

        if not self.alive:
            return EMPTY_HAND
        row = self.pane(self.front).row
        about, view = (row.about if row else None), self._views[self.front]
        person = Named(*self._person_in_focus())
        vault = Named(view.vault, view.label) if view.vault else Named()
        if isinstance(about, GrantRow):
            vault = Named(about.vault_id, about.vault_name)
            return Hand(person, vault, (Thing(Side.SECRETS, "vault", vault.key, vault.name),))
        kind = "account" if isinstance(about, PersonRow) else "group"
        if not isinstance(about, PersonRow | GroupRow):
            return Hand(person, vault)
        sides = ((Side.DIRECTORY, about.directory_id), (Side.SECRETS, about.secrets_id))
        things = tuple(Thing(side, kind, id_, about.name) for side, id_ in sides if id_ is not None)
        return Hand(person, vault, things)

    def copied(self) -> "Copied":
        """What the strip below the panes says."""
        from keyturn.tui.card_lines import as_text
        from keyturn.tui.hand import Copied

        row = self.pane(self.front).row
        if row is None:
            return Copied()
        return Copied(row.label, as_text(self.query_one(WhyStrip).lines))

    # ------------------------------------------------------------------ why

    def front_row_changed(self) -> None:
        row, view = self.pane(self.front).row, self._views[self.front]
        self.work("why", "reading why", partial(self._read_why, row.about if row else None, view))

    async def text_settled(self) -> None:
        """The strip is about the row in front."""
        shown = self.pane(self.front)
        await shown.settled()
        if self._why_of != self._in_front():
            row = shown.row
            await self._read_why(row.about if row else None, self._views[self.front])

    def _in_front(self) -> tuple[Pane, int | None, View]:
        return self.front, self.pane(self.front).content.cursor_id, self._views[self.front]

    async def _read_why(self, about: object, view: View) -> None:
        which, behind = self._in_front(), Behind()
        if self.pane(self.front).content.on_gone:
            self._why_of, self.query_one(WhyStrip).lines = which, (Line(literal(GONE)),)
            return
        if isinstance(about, PersonRow | GroupRow | GrantRow):
            data = self.keyturn.parts.data
            behind = await self.keyturn.parts.reads.ask(lambda: data.findings_of(about, view))
        if which == self._in_front():
            self._put_why(about, view, behind)

    def _put_why(self, about: object, view: View, behind: Behind) -> None:
        self._why_of, strip = self._in_front(), self.query_one(WhyStrip)
        strip.beyond = behind.total - len(behind.findings)
        strip.lines = why_lines(
            about, view, behind, self.keyturn.parts.now_ms(),
            read_only=self.keyturn.read_only, names=self._names,
        )  # fmt: skip

    def action_why(self) -> None:
        """Every path, worked out from the whole snapshots."""
        from keyturn.tui.screens.asked import Asked
        from keyturn.tui.screens.dialog import Dialog

        key, name = self._person_in_focus()
        if not key:
            self.keyturn.tell("Why: put the cursor on a person, or on a vault of a person.")
            return
        row = self.pane(self.front).row
        about = row.about if row else None
        vault = about.vault_id if isinstance(about, GrantRow) else ""
        title = f"{name} and {about.vault_name}" if isinstance(about, GrantRow) else name
        engine, strip = self.keyturn.parts.engine, self.query_one(WhyStrip).lines
        asked = Asked.here(self.keyturn)

        async def work(_observe: object, _stop: object) -> tuple[str, ...]:
            return await engine.paths(key, vault)

        def show(paths: tuple[str, ...]) -> None:
            lines = [*strip, Line(Content(""))]
            lines += [Line(literal(f"• {path}"), hang=2) for path in paths]
            asked.show(Dialog(f"Why: {title}", lines), f"Why {title} is known now: w once more.")

        self.keyturn.start("working out why", work, show, only_reads=True)

    # ------------------------------------------------------------------ finding

    async def action_find(self) -> None:
        """A line to type a filter into; it has the keys when this returns."""
        line = FindLine.in_front(self)
        if line is None:
            line = FindLine(PANE_TITLES[self.front], self.pane(self.front))
            await self.mount(line, before=self.query_one("NoteLine"))
        self.set_focus(line.field)

    async def action_keep_filter(self) -> None:
        """The filter stays, and its rows are there before the next key is looked at."""
        line = FindLine.in_front(self)
        if line is not None:
            await line.field.taken()
            self.set_focus(self.pane(self.front))
            await line.close()
        await self.pane(self.front).settled()

    def go_back(self) -> bool:
        """Esc: the filter being typed, then the filter of this pane."""
        shown = self.pane(self.front)
        line = FindLine.in_front(self)
        if line is not None:
            self.set_focus(shown)  # at once: else what goes away leaves it to any other pane
            _ = line.close()
        if line is not None or (shown.needle and not self.has_trouble):
            shown.filter("")
            return True
        return False

    # ------------------------------------------------------------------ actions

    def action_next_pane(self) -> None:
        """The next pane, in a ring."""
        self._step(1)

    def action_previous_pane(self) -> None:
        """The pane before, in a ring."""
        self._step(-1)

    def _step(self, by: int) -> None:
        panes = list(Pane)
        self._change_front(panes[(panes.index(self.front) + by) % len(panes)])

    @on(PaneTabs.Picked)
    def _picked(self, event: PaneTabs.Picked) -> None:
        self._change_front(Pane(event.pane))

    def _change_front(self, pane: Pane) -> None:
        if (line := FindLine.in_front(self)) is not None:
            _ = line.close()
        self._bring_to_front(pane)
        self._drive()
        self.front_row_changed()

    @on(VirtualList.Chosen)
    def _chosen(self) -> None:
        if self.front is Pane.GRANTS:
            self.action_why()
        else:
            self.action_next_pane()

    def action_drift_only(self) -> None:
        """All three panes change together."""
        self.drift_only = not self.drift_only
        for pane in Pane:
            self._show(pane, self._views[pane])

    def action_show_all(self) -> None:
        """Until the cursor moves, nothing is narrowed."""
        self.drift_only, self._all_shown = False, True
        for pane in Pane:
            self.pane(pane).begin_with("")
            self._show(pane, EVERYTHING)

    def action_unmark(self) -> None:
        """Takes every mark of every pane away."""
        for pane in Pane:
            self.pane(pane).clear_marks()

    def action_refresh(self) -> None:
        """Reads both sources again."""
        if self.keyturn.start(REFRESHING, self.keyturn.parts.engine.refresh, self._refreshed):
            self._say_nothing(READING)

    def job_failed(self, name: str) -> None:
        """Where nothing was read, the lists say how to read again."""
        if name == REFRESHING:
            self._say_nothing(EMPTY)

    def _say_nothing(self, words: Mapping[Pane, str]) -> None:
        """What a list without a line says."""
        for pane in Pane:
            self.pane(pane).empty = words[pane]
            self.pane(pane).refresh()

    def _refreshed(self, result: "Refreshed") -> None:
        self._say_nothing(EMPTY)
        self.keyturn.data_changed()
        self.keyturn.tell(result.words)

    def action_offboard(self) -> None:
        """The case of everybody who is marked in Users, else of the person in focus."""
        from keyturn.tui.screens.marked_leavers import offboard_marked
        from keyturn.tui.screens.offboard import Offboard

        users = self.pane(Pane.USERS).content
        if users.marks:
            marks, hidden = tuple(sorted(users.marks)), len(users.hidden_marks())
            work = partial(offboard_marked, self.keyturn, marks, hidden)
            self.work("marked", "reading the marks", work)
            return
        key, name = self._person_in_focus()
        if not key:
            self.keyturn.tell("Offboard: put the cursor on a person in Users first.")
            return
        _ = self.app.push_screen(Offboard(key, name))

    def action_move(self) -> None:
        """What a new role does not justify, as a plan."""
        from keyturn.tui.screens.moving import plan_move

        key, name = self._person_in_focus()
        if not key:
            self.keyturn.tell("Move: put the cursor on a person in Users first.")
            return
        plan_move(self, key, name)

    def go_on(self) -> None:
        """Goes on with every open run; how each ended is shown in front."""

        def show(ends: "tuple[Ended, ...]") -> None:
            self.keyturn.count_open_runs()
            if not ends:
                self.keyturn.tell(NOTHING_OPEN)
                return
            _ = self.app.push_screen(resumed_dialog(ends))
            self.action_refresh()

        self.keyturn.start(RESUMING, self.keyturn.parts.engine.resume, show)

    def action_sync(self) -> None:
        """A plan for what is marked, or for all drift."""
        every = {pane: tuple(sorted(self.pane(pane).content.marks)) for pane in Pane}
        marks = {pane: found for pane, found in every.items() if found}
        hidden = sum(len(self.pane(pane).content.hidden_marks()) for pane in Pane)
        self.work("marked", "reading the marks", partial(self._plan_marked, marks, hidden))

    async def _plan_marked(self, marks: dict[Pane, tuple[int, ...]], hidden: int) -> None:
        from keyturn.tui.screens.planning import plan_findings

        data = self.keyturn.parts.data
        chosen: frozenset[str] | None = None
        if marks:
            chosen = await self.keyturn.parts.reads.ask(
                lambda: frozenset().union(*(data.finding_ids(p, n) for p, n in marks.items()))
            )
            if not chosen:
                self.keyturn.tell("Nothing that is marked has drifted: there is nothing to plan.")
                return
        count = sum(map(len, marks.values()))
        note = f"{count} marked" + (f", {hidden} of them hidden now" if hidden else "")
        plan_findings(self, chosen, note if marks else "")
