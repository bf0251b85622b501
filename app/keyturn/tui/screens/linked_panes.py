"""Users, Groups and Vault grants side by side: the pane in front narrows the other two."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from textual import events, on
from textual.widget import Widget

from keyturn.tui.access_rows import EMPTY, columns
from keyturn.tui.ages import clock_time
from keyturn.tui.data import EVERYTHING, PANE_TITLES, Pane, View
from keyturn.tui.putting import put_on
from keyturn.tui.screens.frame import Frame
from keyturn.tui.widgets.backdrop import Backdrop
from keyturn.tui.widgets.header_line import HeaderFacts
from keyturn.tui.widgets.pane_tabs import PaneTabs
from keyturn.tui.widgets.virtual_list import VirtualList
from keyturn_storage.list_rows import GrantRow, GroupRow, PersonRow


class LinkedPanes(Frame):
    """Three lists, of which the one with focus is in front and drives the other two.

    A subclass says in `front_row_changed` what it shows about the row in front.
    """

    def __init__(self) -> None:
        super().__init__()
        self.front = Pane.USERS
        self.drift_only = False
        self._views = dict.fromkeys(Pane, EVERYTHING)
        self._all_shown = False
        self._wanted_person = ""
        self._names = ("directory", "secrets")

    def front_row_changed(self) -> None:
        """Another row is under the cursor of the pane in front, or another pane is in front."""

    # ------------------------------------------------------------------ widgets

    def body(self) -> Iterable[Widget]:
        """Tabs where only one pane fits, and the panes."""
        self._names = _names_in(self.keyturn.facts)
        yield PaneTabs()
        yield Backdrop(*self._make_panes(), id="panes")

    def _make_panes(self) -> Sequence[VirtualList]:
        panes = [
            VirtualList(
                columns(pane, *self._names), title=PANE_TITLES[pane], empty=EMPTY[pane],
                ask=self.keyturn.parts.reads.ask, id=pane.value, kept_as=pane.value,
            )
            for pane in Pane
        ]  # fmt: skip
        for pane in panes:
            pane.fits_rows = False  # else the columns move with every step of the pane in front
        # Told only when it is there, the pane in front would be styled and drawn twice more.
        front = panes[list(Pane).index(self.front)]
        front.add_class("-in-front", update=False)
        front.set_reactive(VirtualList.has_focus, True)
        return panes

    def pane(self, pane: Pane) -> VirtualList:
        """The list of one pane."""
        return self.query_one(f"#{pane.value}", VirtualList)

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
        if self._all_shown:
            return
        view = EVERYTHING if row is None else _view_of(row.about, row.label)
        for pane in Pane:
            if pane is self.front:
                continue
            # Without a row in front, what was never asked for would be read for ever.
            if not self.pane(pane).asked if row is None else self._views[pane] != view:
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
        self.front_row_changed()

    def _person_in_focus(self) -> tuple[str, str]:
        """Key and name: the person under the cursor, or the one this pane is narrowed to."""
        if self.front is Pane.USERS:
            row = self.pane(Pane.USERS).row
            about = row.about if row else None
            return (about.key, about.name) if isinstance(about, PersonRow) else ("", "")
        view = self._views[self.front]
        return (view.person, view.label) if view.person else ("", "")

    def data_changed(self) -> None:
        """The same questions, answered anew: no cursor moves to another row."""
        for pane in Pane:
            # Only where the operator is may a row that is gone stay in place.
            self._show(pane, self._views[pane], again=pane is self.front)

    def moment_changed(self) -> None:
        """A row that was not there at that time is not one that has gone."""
        for pane in Pane:
            self._show(pane, self._views[pane])

    # ------------------------------------------------------------------ which is in front

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Focus decides which pane drives."""
        if isinstance(event.widget, VirtualList):
            pane = Pane(event.widget.id or "")
            if pane is not self.front:
                self.front = pane
                self._mark_front()
                self._drive()
                self.front_row_changed()

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

    # ------------------------------------------------------------------ going to a row

    def go_to_person(self, key: str) -> None:
        """Shows all people with the cursor on this one."""
        self.drift_only = False
        self._wanted_person = key
        self.pane(Pane.USERS).begin_with("")
        self._bring_to_front(Pane.USERS)
        self._all_shown = False
        self._show(Pane.USERS, EVERYTHING)

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
            newest = self.keyturn.back is None
            self.keyturn.tell(f"That is not in the {'newest read' if newest else 'read shown'}.")


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
