"""The Access screen: Users, Groups and Vault grants side by side, each driving the other two."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from textual import events, on
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget

from keyturn.tui.access_rows import EMPTY, READING, columns
from keyturn.tui.actions import Where, bindings
from keyturn.tui.ages import clock_time
from keyturn.tui.card_lines import as_text
from keyturn.tui.data import EVERYTHING, PANE_TITLES, Pane, View
from keyturn.tui.engine import Ended, Refreshed
from keyturn.tui.first_look import FirstLook
from keyturn.tui.hand import EMPTY_HAND, Copied, Hand, Named, Thing
from keyturn.tui.putting import put_on
from keyturn.tui.safe import literal
from keyturn.tui.screens.frame import Frame
from keyturn.tui.screens.resumed import NOTHING_OPEN, RESUMING, resumed_dialog
from keyturn.tui.why_words import why_lines
from keyturn.tui.widgets.find_line import FindLine
from keyturn.tui.widgets.header_line import HeaderFacts
from keyturn.tui.widgets.pane_tabs import PaneTabs
from keyturn.tui.widgets.paragraphs import Line
from keyturn.tui.widgets.virtual_list import VirtualList
from keyturn.tui.widgets.why_strip import WhyStrip
from keyturn_providers.records import Side
from keyturn_storage.rows import FindingRow, GrantRow, GroupRow, PersonRow

REFRESHING = "reading both sources"


class Access(Frame):
    """The pane with focus drives the other two; `a` shows all again."""

    WHERE = Where.ACCESS
    BINDINGS = bindings(Where.ACCESS)

    def __init__(self) -> None:
        super().__init__()
        self.front = Pane.USERS
        self.drift_only = False
        self._views = dict.fromkeys(Pane, EVERYTHING)
        self._all_shown = False
        self._wanted_person = ""
        self._names = ("directory", "secrets")

    # ------------------------------------------------------------------ widgets

    def body(self) -> Iterable[Widget]:
        """Tabs where only one pane fits, the panes, the strip."""
        self._names = _names_in(self.keyturn.facts)
        yield PaneTabs()
        yield Horizontal(*self._make_panes(), id="panes")
        yield WhyStrip()

    def _make_panes(self) -> Sequence[VirtualList]:
        return [
            VirtualList(
                columns(pane, *self._names), title=PANE_TITLES[pane], empty=EMPTY[pane],
                ask=self.keyturn.parts.reads.ask, id=pane.value, kept_as=pane.value,
            )
            for pane in Pane
        ]  # fmt: skip

    def pane(self, pane: Pane) -> VirtualList:
        """The list of one pane."""
        return self.query_one(f"#{pane.value}", VirtualList)

    @property
    def person_key(self) -> str:
        """The key of the person in focus, empty where there is none."""
        return self._person_in_focus()[0]

    def on_mount(self) -> None:
        """Where the operator was, from the cache."""
        remembered = self.keyturn.remembered
        self.front = Pane(remembered.pane) if remembered.pane in list(Pane) else Pane.USERS
        self.drift_only = remembered.drift_only
        self._wanted_person = self.keyturn.parts.person or remembered.person
        if self.keyturn.parts.person:
            self.front = Pane.USERS
        for pane in Pane:
            self.pane(pane).begin_with(remembered.finds.get(pane.value, ""))
            self.pane(pane).begin_looking(remembered.look(pane.value))
        look = self.keyturn.look
        if look is None:
            self._show(self.front, EVERYTHING)
        else:
            self._begin_with(look)
        self._bring_to_front(self.front)

    def _begin_with(self, look: FirstLook) -> None:
        self._wanted_person = ""
        for pane, found in look.panes.items():
            self._headed(pane, found.view)
            self.pane(pane).begin_at(
                found.source, found.answer, look.cursor if pane is Pane.USERS else 0
            )
        row = self.pane(Pane.USERS).row
        self._put_why(row.about if row else None, EVERYTHING, look.findings)

    def facts_changed(self, facts: HeaderFacts) -> None:
        """The columns are headed by the sources' own names."""
        super().facts_changed(facts)
        names = _names_in(facts)
        if names != self._names:
            self._names = names
            for pane in Pane:
                self.pane(pane).set_columns(columns(pane, *names))

    # ------------------------------------------------------------------ linked selection

    def _headed(self, pane: Pane, view: View) -> VirtualList:
        shown = self.pane(pane)
        self._views[pane] = view
        shown.title = f"{PANE_TITLES[pane]}, drift only" if self.drift_only else PANE_TITLES[pane]
        shown.note = f"of {view.label}" if view.label else ""
        return shown

    def _show(self, pane: Pane, view: View, *, again: bool = False) -> None:
        shown = self._headed(pane, view)
        shown.mark_gone(clock_time(self.keyturn.parts.now_ms()))
        source = self.keyturn.parts.data.pane(pane, view, drift_only=self.drift_only)
        shown.show(source, again=again)

    def _drive(self) -> None:
        """Narrows the other two panes to the row under the cursor of the pane in front."""
        row = self.pane(self.front).row
        if row is None or self._all_shown:
            return
        view = _view_of(row.about, row.label)
        for pane in Pane:
            if pane is not self.front and self._views[pane] != view:
                self._show(pane, view)

    @on(VirtualList.CursorMoved)
    def _cursor_moved(self, event: VirtualList.CursorMoved) -> None:
        pane = Pane(event.list.id or "")
        self._say_tabs()
        if pane is not self.front:
            return
        there = self.pane(Pane.USERS).row is not None
        if event.loaded and there and pane is Pane.USERS and self._wanted_person:
            self._go_to_wanted()
        if not event.loaded:
            self._all_shown = False
        self._drive()
        self._say_why()

    def _go_to_wanted(self) -> None:
        wanted, self._wanted_person = self._wanted_person, ""
        self.work("wanted", "looking for a person", partial(self._find_person, wanted))

    async def _find_person(self, wanted: str) -> None:
        data = self.keyturn.parts.data
        found = await self.keyturn.parts.reads.ask(lambda: data.people(wanted, 1))
        users = self.pane(Pane.USERS)
        if found and not users.put_cursor(found[0].no) and wanted == self.keyturn.parts.person:
            self.keyturn.tell(f"{found[0].name} is not shown: d or esc shows all people.")
        elif not found and wanted == self.keyturn.parts.person:
            self.keyturn.tell(f"Nobody here is called {wanted}.")

    def go_to_person(self, key: str) -> None:
        """Shows all people with the cursor on this one."""
        self.drift_only = False
        self._wanted_person = key
        self.pane(Pane.USERS).begin_with("")
        self._bring_to_front(Pane.USERS)
        self._all_shown = False
        self._show(Pane.USERS, EVERYTHING)

    def go_to_group(self, group_id: str) -> None:
        """Shows all groups with the cursor on the one of this id, of either side."""
        self._go_to(Pane.GROUPS, lambda about: isinstance(about, GroupRow) and group_id in {
            about.directory_id, about.secrets_id, about.key})  # fmt: skip

    def go_to_vault(self, vault_id: str) -> None:
        """Shows all vaults with the cursor on this one."""
        self._go_to(
            Pane.GRANTS, lambda about: isinstance(about, GrantRow) and about.vault_id == vault_id
        )

    def _go_to(self, pane: Pane, wanted: Callable[[object], bool]) -> None:
        self.drift_only, self._all_shown = False, False
        self.pane(pane).begin_with("")
        self._bring_to_front(pane)
        self._show(pane, EVERYTHING)
        self.work("wanted", "looking for a row", partial(self._put_on, pane, wanted))

    async def _put_on(self, pane: Pane, wanted: Callable[[object], bool]) -> None:
        if not await put_on(self.pane(pane), self.keyturn.parts.reads.ask, wanted):
            self.keyturn.tell("That is not in the newest read.")

    # ------------------------------------------------------------------ what is in hand

    @property
    def hand(self) -> Hand:
        """The person, vault or group under the cursor of the pane in front."""
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

    def copied(self) -> Copied:
        """What the strip below the panes says."""
        row = self.pane(self.front).row
        if row is None:
            return Copied()
        return Copied(row.label, as_text(self.query_one(WhyStrip).lines))

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Focus decides which pane drives."""
        if isinstance(event.widget, VirtualList):
            pane = Pane(event.widget.id or "")
            if pane is not self.front:
                self.front = pane
                self._mark_front()
                self._drive()
                self._say_why()

    def _bring_to_front(self, pane: Pane) -> None:
        self.front = pane
        self._mark_front()
        self.pane(pane).focus()

    def _mark_front(self) -> None:
        for pane in Pane:
            self.pane(pane).set_class(pane is self.front, "-in-front")
        self._say_tabs()

    def _say_tabs(self) -> None:
        tabs = self.query_one(PaneTabs)
        tabs.names = tuple(
            (pane.value, f"{PANE_TITLES[pane]} {len(self.pane(pane).content.shown):,}")
            for pane in Pane
        )
        tabs.front = self.front.value

    # ------------------------------------------------------------------ why

    def _say_why(self) -> None:
        row, view = self.pane(self.front).row, self._views[self.front]
        if self.pane(self.front).content.on_gone:
            gone = literal("This is gone since the last refresh.")
            self.query_one(WhyStrip).lines = (Line(gone),)
            return
        self.work("why", "reading why", partial(self._read_why, row.about if row else None, view))

    async def _read_why(self, about: object, view: View) -> None:
        findings: Sequence[FindingRow] = ()
        if isinstance(about, PersonRow | GroupRow | GrantRow):
            data = self.keyturn.parts.data
            findings = await self.keyturn.parts.reads.ask(lambda: data.findings_of(about, view))
        self._put_why(about, view, findings)

    def _put_why(self, about: object, view: View, findings: Sequence[FindingRow]) -> None:
        self.query_one(WhyStrip).lines = why_lines(
            about, view, findings, self.keyturn.parts.now_ms(),
            read_only=self.keyturn.read_only, names=self._names,
        )  # fmt: skip

    def action_why(self) -> None:
        """Every path, worked out from the whole snapshots."""
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

        async def work(_observe: object, _stop: object) -> tuple[str, ...]:
            return await engine.paths(key, vault)

        def show(paths: tuple[str, ...]) -> None:
            lines = [*strip, Line(Content(""))]
            lines += [Line(literal(f"• {path}"), hang=2) for path in paths]
            _ = self.app.push_screen(Dialog(f"Why: {title}", lines))

        self.keyturn.start("working out why", work, show)

    # ------------------------------------------------------------------ finding

    async def action_find(self) -> None:
        """A line to type a filter into; it has the keys when this returns."""
        if not self.query(FindLine):
            line = FindLine(PANE_TITLES[self.front], self.pane(self.front))
            await self.mount(line, before=self.query_one("NoteLine"))
        self.set_focus(self.query_one(FindLine).field)

    @on(FindLine.Typed)
    def _typed(self, event: FindLine.Typed) -> None:
        self.pane(self.front).filter(event.needle)

    async def action_keep_filter(self) -> None:
        """The filter stays, and its rows are there before the next key is looked at."""
        self.set_focus(self.pane(self.front))
        await self.query(FindLine).remove()
        await self.pane(self.front).settled()

    def go_back(self) -> bool:
        """Esc: the filter being typed, then the filter of this pane."""
        shown = self.pane(self.front)
        typing = bool(self.query(FindLine))
        if typing:
            shown.focus()
            _ = self.query(FindLine).remove()
        if typing or (shown.needle and not self.has_trouble):
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
        _ = self.query(FindLine).remove()
        self._bring_to_front(pane)
        self._drive()
        self._say_why()

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

    def _refreshed(self, result: Refreshed) -> None:
        self._say_nothing(EMPTY)
        self.keyturn.data_changed()
        self.keyturn.tell(result.words)

    def data_changed(self) -> None:
        """The same questions, answered anew: no cursor moves to another row."""
        for pane in Pane:
            # Only where the operator is may a row that is gone stay in place.
            self._show(pane, self._views[pane], again=pane is self.front)

    def moment_changed(self) -> None:
        """A row that was not there at that time is not one that has gone."""
        for pane in Pane:
            self._show(pane, self._views[pane])

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
        plan_move(self.keyturn, key, name)

    def _person_in_focus(self) -> tuple[str, str]:
        """Key and name: the person under the cursor, or the one this pane is narrowed to."""
        if self.front is Pane.USERS:
            row = self.pane(Pane.USERS).row
            about = row.about if row else None
            return (about.key, about.name) if isinstance(about, PersonRow) else ("", "")
        view = self._views[self.front]
        return (view.person, view.label) if view.person else ("", "")

    def go_on(self) -> None:
        """Goes on with every open run; how each ended is shown in front."""

        def show(ends: tuple[Ended, ...]) -> None:
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
        plan_findings(self.keyturn, chosen, note if marks else "")


def _names_in(facts: HeaderFacts) -> tuple[str, str]:
    by_side = {row.source.side.value: row.source.name for row in facts.sources}
    return (by_side.get("directory", "directory"), by_side.get("secrets", "secrets"))


def _view_of(about: object, label: str) -> View:
    if isinstance(about, PersonRow):
        return View(person=about.key, label=label)
    if isinstance(about, GroupRow):
        return View(group=about.key, label=label)
    if isinstance(about, GrantRow):
        return View(vault=about.vault_id, label=label)
    return EVERYTHING
