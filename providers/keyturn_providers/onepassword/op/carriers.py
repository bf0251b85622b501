"""Carriers of 1Password's grants: `user/<account id>/vault/<vault id>`, `group/<id>/vault/<id>`."""

from dataclasses import dataclass

from keyturn_providers.records import PrincipalKind

_WORDS = {PrincipalKind.ACCOUNT: "user", PrincipalKind.GROUP: "group"}
_KINDS = {word: kind for kind, word in _WORDS.items()}


@dataclass(frozen=True, slots=True)
class Carrier:
    """One principal's direct access to one vault, whatever its permissions."""

    kind: PrincipalKind
    principal_id: str
    vault_id: str

    @property
    def word(self) -> str:
        """As `op vault` calls the principal: user or group."""
        return _WORDS[self.kind]

    @property
    def text(self) -> str:
        return f"{self.word}/{self.principal_id}/vault/{self.vault_id}"


def parse_carrier(text: str) -> Carrier:
    """The carrier that `Carrier.text` gave. Raises ValueError for anything else."""
    parts = text.split("/")
    if len(parts) != 4 or parts[0] not in _KINDS or parts[2] != "vault":
        raise ValueError(f"{text!r} names no access of a person or group to a vault")
    if not parts[1] or not parts[3]:
        raise ValueError(f"{text!r} lacks an id")
    return Carrier(_KINDS[parts[0]], parts[1], parts[3])
