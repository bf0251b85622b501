"""The Person card: what somebody on the phone asks about somebody, to be read aloud."""

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual import on

from keyturn.run.person_facts import PersonFacts
from keyturn.tui.actions import Where, bindings
from keyturn.tui.card_lines import as_text, read_words
from keyturn.tui.hand import Copied, Hand, Named, Thing
from keyturn.tui.person_rows import COLUMNS, AboutVault
from keyturn.tui.person_words import access_lines, overview_lines
from keyturn.tui.screens.card import Card, CardSource
from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.paragraphs import Line
from keyturn.tui.widgets.virtual_list import VirtualList
from keyturn_providers.records import Side


class Person(Card[PersonFacts]):
    """The first line is the person; then the vaults they open, then every other vault, of which the
    text says why not. `vault_id` puts the cursor on a vault."""

    WHERE = Where.PERSON
    BINDINGS = bindings(Where.PERSON)
    TITLE_OF_LIST = "Vaults"
    EMPTY = "Nobody of this id is in the newest read. r reads both sources."
    EMPTY_THEN = "Nobody of this id was in the read that is shown. t goes back to now."
    COLUMNS: ClassVar[tuple[Column, ...]] = COLUMNS

    def __init__(self, person_key: str, name: str, vault_id: str = "") -> None:
        super().__init__(name)
        self.person_key = person_key
        self._wanted_vault = vault_id

    def card_source(self) -> CardSource[PersonFacts]:
        """The person, then every vault."""
        data = self.keyturn.parts.data
        return CardSource(lambda: data.person_card(self.person_key), data.person_lines)

    async def about(self, row: object, label: str) -> Sequence[Line]:
        """The whole person, or one vault."""
        now_ms, facts = self.keyturn.parts.now_ms(), self.facts
        found: Sequence[Line] = ()
        if isinstance(row, PersonFacts):
            self._title = row.person.name
            found = tuple(overview_lines(row, now_ms))
        elif isinstance(row, AboutVault):
            data, vault = self.keyturn.parts.data, row.vault
            self._title = f"{self.subject} and {vault.name}"
            whole = await self.keyturn.parts.reads.ask(
                lambda: data.explained(self.person_key, vault.id)
            )
            if whole is not None:
                found = tuple(access_lines(*whole, facts, now_ms))
        return found

    @on(VirtualList.CursorMoved)
    def _to_wanted(self, event: VirtualList.CursorMoved) -> None:
        if event.loaded:
            self.began()

    def began(self) -> None:
        """The cursor goes to the vault that was named."""
        if not self._wanted_vault or self.facts is None:
            return
        wanted, self._wanted_vault = self._wanted_vault, ""
        self.work("wanted", "looking for a vault", partial(self._put_on, wanted))

    async def _put_on(self, vault_id: str) -> None:
        data = self.keyturn.parts.data
        found = await self.keyturn.parts.reads.ask(lambda: data.vaults(vault_id, 1))
        if found:
            _ = self.table.put_cursor(found[0].no)

    # ------------------------------------------------------------------ what is in hand

    @property
    def hand(self) -> Hand:
        """The person, and the vault under the cursor."""
        row = self.table.row if self.alive else None
        about = row.about if row is not None else None
        vault = (
            Named(about.vault.id, about.vault.name) if isinstance(about, AboutVault) else Named()
        )
        return Hand(Named(self.person_key, self.subject), vault, self._things(vault))

    def _things(self, vault: Named) -> tuple[Thing, ...]:
        if vault:
            return (Thing(Side.SECRETS, "vault", vault.key, vault.name),)
        facts = self.facts
        if facts is None:
            return ()
        sides = ((Side.DIRECTORY, facts.person.directory), (Side.SECRETS, facts.person.secrets))
        return tuple(
            Thing(side, "account", account.id, account.name)
            for side, account in sides
            if account is not None
        )

    def copied(self) -> Copied:
        """The text about the line in hand, as it goes into a ticket."""
        facts = self.facts
        if facts is None or self.table.row is None:
            return Copied()
        head = f"{facts.person.name} ({facts.row.login})"
        vault = self.hand.vault
        what = f"{facts.person.name} and {vault.name}" if vault else facts.person.name
        return Copied(what, f"{head}{f', vault {vault.name}' if vault else ''}\n"
                      f"{as_text(self.text.lines)}\n{read_words(facts.near.world)}")  # fmt: skip

    # ------------------------------------------------------------------ actions

    @on(VirtualList.Chosen)
    def _open(self) -> None:
        vault = self.hand.vault
        if vault:
            self.keyturn.show_vault(vault.key, vault.name)
        else:
            self.keyturn.go_to_person(self.person_key)

    def action_move(self) -> None:
        """What a new role does not justify, as a plan."""
        from keyturn.tui.screens.moving import plan_move

        plan_move(self, self.person_key, self.subject)

    def action_offboard(self) -> None:
        """The leaver's card, then the plan."""
        from keyturn.tui.screens.offboard import Offboard

        _ = self.app.push_screen(Offboard(self.person_key, self.subject))
