"""What the cards of a person and of a vault are made from. Only in the reading thread."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from keyturn.decide.people import Person
from keyturn.decide.rules import Rules
from keyturn.run.explained import Explained
from keyturn.run.person_facts import PersonFacts, person_and_vault, person_facts
from keyturn.run.vault_facts import HeldGrant, VaultFacts, held_grant, vault_facts
from keyturn.tui.person_rows import PersonLines
from keyturn.tui.reads import Reads
from keyturn.tui.vault_rows import VaultLines
from keyturn_storage.journal_if_any import journal_if_any
from keyturn_storage.queries.reader import Reader
from keyturn_storage.queries.vaults import vault_rows


@dataclass(frozen=True, slots=True)
class Cards:
    """Cards over the cache, the journal beside it, and the policy as it is now. Without `rules`
    nothing is in the policy."""

    reads: Reads[Reader]
    journal: Path
    now_ms: Callable[[], int]
    rules: Callable[[], Rules] | None

    def _rules(self) -> Rules:
        return Rules() if self.rules is None else self.rules()

    def person(self, key: str) -> PersonFacts | None:
        """Everything about one person; None for nobody the newest assessment knows."""
        with journal_if_any(self.journal) as journal:
            return person_facts(self.reads.reader(), journal, self._rules(), key, self.now_ms())

    def person_lines(self, facts: PersonFacts) -> PersonLines:
        """The person, the vaults they open, and those they do not."""
        return PersonLines(facts, vault_rows(self.reads.reader()), self.now_ms)

    def explained(self, key: str, vault_id: str) -> tuple[Person, Explained] | None:
        """One person's access to one vault, or the lack of it."""
        with journal_if_any(self.journal) as journal:
            return person_and_vault(
                self.reads.reader(), journal, self._rules(), key, vault_id, self.now_ms()
            )

    def vault(self, vault_id: str) -> VaultFacts | None:
        """Everything about one vault; None for one the newest assessment does not know."""
        with journal_if_any(self.journal) as journal:
            return vault_facts(self.reads.reader(), journal, self._rules(), vault_id, self.now_ms())

    def held_grant(self, vault_id: str, carrier: str) -> HeldGrant | None:
        """One grant on a vault; None where the newest assessment has it no more."""
        return held_grant(self.reads.reader(), self._rules(), vault_id, carrier, self.now_ms())

    def vault_lines(self, facts: VaultFacts) -> VaultLines:
        """The vault, who holds a grant on it, and who can open it."""
        return VaultLines(self.reads, facts, self.now_ms)
