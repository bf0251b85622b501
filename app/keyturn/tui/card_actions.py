"""What can be done from anywhere with what is in hand: cards, copying, the vendor's own page."""

from functools import partial
from typing import TYPE_CHECKING, cast

from keyturn.tui.safe import printable

if TYPE_CHECKING:
    from keyturn.run.deep_links import Link
    from keyturn.tui.app import KeyturnApp
    from keyturn.tui.hand import Hand
    from keyturn.tui.screens.activity import Activity

MOST_COPIED = 60_000
"""Terminals cut what is longer, without a word (base64 of it has to stay below 100 kB)."""
PERSON, VAULT = "Person", "Vault"


class CardActions:
    """For the app: the actions that every screen has, about whatever is in hand there."""

    @property
    def _keyturn(self) -> "KeyturnApp":
        return cast("KeyturnApp", self)

    @property
    def hand(self) -> "Hand":
        """What the screen in front has in hand."""
        from keyturn.tui.hand import EMPTY_HAND

        frame = self._keyturn.frame
        return EMPTY_HAND if frame is None else frame.hand

    # ------------------------------------------------------------------ going there

    def show_person(self, key: str, name: str, vault_id: str = "") -> None:
        """The Person card, with the cursor on a vault if one is named."""
        from keyturn.tui.screens.person import Person

        _ = self._keyturn.push_screen(Person(key, name, vault_id))

    def show_vault(self, vault_id: str, name: str) -> None:
        """The Vault card."""
        from keyturn.tui.screens.vault import Vault

        _ = self._keyturn.push_screen(Vault(vault_id, name))

    def go_to_person(self, key: str) -> None:
        """The Access screen with the cursor on a person."""
        self._keyturn.action_go_access()
        self._keyturn.access.go_to_person(key)

    def go_to_group(self, group_id: str) -> None:
        """The Access screen with the cursor on the group of an id, of either side."""
        self._keyturn.action_go_access()
        self._keyturn.access.go_to_group(group_id)

    def go_to_vault(self, vault_id: str) -> None:
        """The Access screen with the cursor on a vault."""
        self._keyturn.action_go_access()
        self._keyturn.access.go_to_vault(vault_id)

    def go_to_run(self, run_id: str) -> None:
        """The Activity screen with the cursor on a run."""
        from keyturn.tui.screens.activity import Activity

        keyturn = self._keyturn
        keyturn.action_go_activity()
        front = keyturn.frame
        if isinstance(front, Activity):
            front.call_after_refresh(front.work, "wanted", "looking for a run",
                                     partial(self._put_on_run, front, run_id))  # fmt: skip

    async def _put_on_run(self, front: "Activity", run_id: str) -> None:
        from keyturn.tui.putting import put_on
        from keyturn_storage.queries.activity import RunLine

        ask = self._keyturn.parts.reads.ask
        found = await put_on(
            front.table, ask, lambda about: isinstance(about, RunLine) and about.id == run_id
        )
        if not found:
            self._keyturn.tell(f"Run {run_id} is not among those shown.")

    def follow(self, link: "Link") -> None:
        """Opens what the dashboard was started at."""
        if link.kind == "user":
            self.show_person(link.key, link.name)
        elif link.kind == "group":
            self.go_to_group(link.key)
        elif link.kind == "vault":
            self.show_vault(link.key, link.name)
        else:
            self.go_to_run(link.key)

    # ------------------------------------------------------------------ actions

    def action_person_card(self) -> None:
        """The card of the person in hand."""
        hand, front = self.hand, self._keyturn.frame
        if not hand.person:
            self._keyturn.tell("Person: put the cursor on a person, or on something of theirs.")
        elif type(front).__name__ == PERSON:
            self._keyturn.tell(f"This is the card of {hand.person.name}.")
        else:
            self.show_person(hand.person.key, hand.person.name, hand.vault.key)

    def action_vault_card(self) -> None:
        """The card of the vault in hand."""
        hand, front = self.hand, self._keyturn.frame
        if not hand.vault:
            self._keyturn.tell("Vault: put the cursor on a vault first.")
        elif type(front).__name__ == VAULT:
            self._keyturn.tell(f"This is the card of {hand.vault.name}.")
        else:
            self.show_vault(hand.vault.key, hand.vault.name)

    async def action_copy(self) -> None:
        """Text about what is in hand, to the clipboard (OSC 52), fit for a ticket."""
        front = self._keyturn.frame
        if front is not None:
            await front.text_settled()
        copied = None if front is None else front.copied()
        if copied is None or not copied.text.strip():
            self._keyturn.tell("Copy: there is no text about what is in hand here.")
            return
        text = "\n".join(printable(line) for line in copied.text.rstrip().split("\n"))
        cut = len(text.encode()) > MOST_COPIED
        if cut:
            text = text.encode()[:MOST_COPIED].decode(errors="ignore") + "\n(cut here)"
        self._keyturn.copy_to_clipboard(f"{text}\n")
        lines = text.count("\n") + 1
        said = f"{printable(copied.what)[:60]}: {lines} line{'s' if lines > 1 else ''}"
        self._keyturn.notify(
            f"{said}{', cut' if cut else ''}", title="Copied", markup=False, timeout=4
        )

    def action_console(self) -> None:
        """The pages of what is in hand in the vendors' own consoles."""
        from keyturn.tui.screens.asked import Asked
        from keyturn.tui.screens.console import console_dialog
        from keyturn_providers.consoles import ConsolePage

        things = self.hand.things
        if not things:
            self._keyturn.tell("Console: put the cursor on a person, a group or a vault first.")
            return
        engine, asked = self._keyturn.parts.engine, Asked.here(self._keyturn)

        async def work(_observe: object, _stop: object) -> tuple[ConsolePage, ...]:
            return await engine.console_pages(things)

        def show(pages: tuple[ConsolePage, ...]) -> None:
            dialog = console_dialog(pages, self._keyturn)
            asked.show(dialog, "The vendor's page is known now: b once more.")

        self._keyturn.start("looking up the vendor's page", work, show, quiet=True)
