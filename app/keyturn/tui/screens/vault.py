"""The Vault card: who can open a vault, by which path, who manages it, what nobody uses."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on

from keyturn.run.vault_facts import Holder, VaultFacts
from keyturn.tui.actions import Where, bindings
from keyturn.tui.card_lines import as_text, read_words
from keyturn.tui.hand import Copied, Hand, Named, Thing
from keyturn.tui.person_words import access_lines
from keyturn.tui.safe import literal
from keyturn.tui.screens.card import Card, CardSource
from keyturn.tui.vault_rows import COLUMNS, Opener, TooMany
from keyturn.tui.vault_words import holder_lines, missing_lines, vault_lines
from keyturn.tui.widgets.cells import Column
from keyturn.tui.widgets.paragraphs import Line
from keyturn.tui.widgets.virtual_list import VirtualList
from keyturn_providers.records import PrincipalKind, Side
from keyturn_storage.rows import GrantRow

MANY_WORDS = (
    "{} people can open {}. Enter goes to the Access screen, where the Users pane lists them and "
    "can be filtered."
)


class Vault(Card[VaultFacts]):
    """The first line is the vault; then the grants on it, then every person who can open it."""

    WHERE = Where.VAULT
    BINDINGS = bindings(Where.VAULT)
    TITLE_OF_LIST = "Grants and people"
    EMPTY = "No vault of this id is in the newest read. r reads both sources."
    EMPTY_THEN = "No vault of this id was in the read that is shown. t goes back to now."
    COLUMNS: ClassVar[tuple[Column, ...]] = COLUMNS

    def __init__(self, vault_id: str, name: str) -> None:
        super().__init__(name)
        self.vault_id = vault_id

    def card_source(self) -> CardSource[VaultFacts]:
        """The vault, its grants, then everybody who opens it."""
        data = self.keyturn.parts.data
        return CardSource(lambda: data.vault_card(self.vault_id), data.vault_lines)

    async def about(self, row: object, label: str) -> Sequence[Line]:
        """The whole vault, one grant, or one person's access."""
        now_ms, facts = self.keyturn.parts.now_ms(), self.facts
        found: Sequence[Line] = ()
        self._title = label
        if isinstance(row, VaultFacts):
            found = tuple(vault_lines(row, now_ms))
        elif isinstance(row, Holder) and facts is not None:
            data, carrier = self.keyturn.parts.data, row.row.carrier
            held = await self.keyturn.parts.reads.ask(
                lambda: data.held_grant(self.vault_id, carrier)
            )
            found = tuple(holder_lines(facts, row, held, now_ms))
        elif isinstance(row, GrantRow) and facts is not None:
            found = tuple(missing_lines(facts, row))
        elif isinstance(row, TooMany):
            found = (Line(literal(MANY_WORDS.format(f"{row.count:,}", self.subject)), hang=0),)
        elif isinstance(row, Opener):
            data, key = self.keyturn.parts.data, row.person.key
            self._title = f"{row.person.name} and {self.subject}"
            whole = await self.keyturn.parts.reads.ask(lambda: data.explained(key, self.vault_id))
            if whole is not None:
                found = tuple(access_lines(*whole, None, now_ms))
        return found

    # ------------------------------------------------------------------ what is in hand

    @property
    def hand(self) -> Hand:
        """The vault, and the person under the cursor."""
        row = self.table.row if self.alive else None
        about = row.about if row is not None else None
        person = Named()
        thing = Thing(Side.SECRETS, "vault", self.vault_id, self.subject)
        if isinstance(about, Opener):
            person = Named(about.person.key, about.person.name)
            thing = Thing(Side.SECRETS, "account", about.person.secrets_id or "", person.name)
        elif isinstance(about, Holder):
            person = Named(about.person_key, about.name) if about.person_key else Named()
            kind = about.kind
            if kind is not PrincipalKind.MACHINE:
                thing = Thing(Side.SECRETS, kind.value, about.row.principal_id, about.name)
        return Hand(person, Named(self.vault_id, self.subject), (thing,))

    def copied(self) -> Copied:
        """The text about the line in hand, as it goes into a ticket."""
        facts, row = self.facts, self.table.row
        if facts is None or row is None:
            return Copied()
        other = f" and {row.label}" if row.label != self.subject else ""
        text = f"{as_text(self.text.lines)}\n{read_words(facts.world)}"
        return Copied(f"{self.subject}{other}", f"Vault {self.subject}{other}\n{text}")

    # ------------------------------------------------------------------ actions

    @on(VirtualList.Chosen)
    def _open(self) -> None:
        row = self.table.row
        about = row.about if row is not None else None
        person = self.hand.person
        if person:
            self.keyturn.show_person(person.key, person.name, self.vault_id)
        elif isinstance(about, Holder) and about.kind is PrincipalKind.GROUP:
            self.keyturn.go_to_group(about.row.principal_id)
        else:
            self.keyturn.go_to_vault(self.vault_id)
