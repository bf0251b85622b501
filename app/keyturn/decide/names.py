"""How names are compared and how objects are shown: one way for all decisions."""

import unicodedata
from collections.abc import Iterable

from keyturn.decide.findings import ObjectKind, Ref
from keyturn_providers.records import Account, Group, Level, MachineIdentity, Side, Vault

LEVEL_WORDS = {
    Level.NONE: "do nothing with",
    Level.LIST: "list what is in",
    Level.READ: "read",
    Level.WRITE: "write to",
    Level.MANAGE: "manage",
    Level.UNKNOWN: "do something that cannot be evaluated with",
}


def fold(text: str) -> str:
    """`text` as it is compared: NFKC, case folded, without surrounding blanks."""
    if text.isascii():
        return text.casefold().strip()
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).strip()


def verified_emails(account: Account) -> frozenset[str]:
    """The folded addresses the source vouches for."""
    return frozenset(fold(e.address) for e in account.emails if e.verified and e.address.strip())


def identifiers(account: Account) -> frozenset[str]:
    """What a policy may call this account by: its id, its login, its verified e-mails, folded."""
    return verified_emails(account) | {fold(account.id), fold(account.name)}


def account_title(account: Account) -> str:
    """The name to show; the login, else the id, where there is no display name."""
    return account.display_name or account.name or account.id


def account_ref(side: Side, account: Account) -> Ref:
    """An account as findings and operations name it."""
    return Ref(side, ObjectKind.ACCOUNT, account.id, account_title(account))


def group_ref(side: Side, group: Group) -> Ref:
    """A group as findings and operations name it."""
    return Ref(side, ObjectKind.GROUP, group.id, group.name or group.id)


def vault_ref(vault: Vault) -> Ref:
    """A vault as findings and operations name it."""
    return Ref(Side.SECRETS, ObjectKind.VAULT, vault.id, vault.name or vault.id)


def machine_ref(machine: MachineIdentity, side: Side = Side.SECRETS) -> Ref:
    """A machine identity as findings and operations name it."""
    return Ref(side, ObjectKind.MACHINE, machine.id, machine.name or machine.id)


def listed(names: Iterable[str], limit: int = 5) -> str:
    """`a, b and c`; beyond `limit` names the rest is counted, never dropped silently."""
    every = list(names)
    shown, rest = every[:limit], len(every) - limit
    if rest > 0:
        return f"{', '.join(shown)} and {rest} more"
    if len(shown) < 2:
        return "".join(shown)
    return f"{', '.join(shown[:-1])} and {shown[-1]}"


def counted(number: int, singular: str, plural: str = "") -> str:
    """`1 account`, `2 accounts`."""
    return f"{number} {singular if number == 1 else plural or singular + 's'}"
