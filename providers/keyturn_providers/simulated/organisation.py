"""A small believable organisation in both tenants, with some drift, for tests."""

from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from keyturn_providers.contract import OwnIdentity
from keyturn_providers.records import (
    Account,
    AccountState,
    Email,
    Grant,
    Group,
    Level,
    MachineIdentity,
    PrincipalKind,
    Session,
    Side,
    SourceIdentity,
    Vault,
)
from keyturn_providers.simulated.connector import SimulatedConnector
from keyturn_providers.simulated.faults import Faults
from keyturn_providers.simulated.lifecycle import ACCEPTED
from keyturn_providers.simulated.permission_sets import RULES, of_level
from keyturn_providers.simulated.remote import Remote
from keyturn_providers.simulated.tenant import Tenant

NAMES = (
    "Dana Okafor",
    "Ravi Menon",
    "Lea Baum",
    "Zoë Ångström",
    "Ольга Смирнова",
    "Νίκος Παπαδόπουλος",
    "李 小龍",
    "佐藤 さくら",
    "김 민준",
    "Nguyễn Thị Minh Khai",
    "Ana Q",
    "Maximiliana-Theodora Freifrau von Waldburg-Zeil und Trauchburg",
    "سارة الأحمد",
    "नेहा शर्मा",
    "Seán O'Brien",
)
LEAVER = "d-001"
"""The directory id of Dana Okafor: suspended there, still active in the secret manager."""

_VAULTS = (
    ("v-platform", "Platform Prod"),
    ("v-payments", "Payments"),
    ("v-billing", "Billing Ops"),
)
_START_MS = 1_800_000_000_000
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Pair:
    """Both simulated sources. `mappings` is what a policy for them would say: directory group id
    and name, with the vault id, vault name and level its members shall have."""

    directory: SimulatedConnector
    secrets: SimulatedConnector
    mappings: tuple[tuple[str, str, str, str, Level], ...]


def simulated_pair(
    *,
    people: int = 15,
    seed: int = 1,
    page_size: int = 5,
    folder: Path | None = None,
    lifecycle: bool = False,
) -> Pair:
    """An organisation of `people` (at least 4). The same numbers give the same organisation.

    Everybody is in "everyone"; a share in "eng-platform" and "finance". In drift are: Dana, left in
    the directory but active, with two sessions, a direct grant and an extra membership in the
    secret manager; Ravi, missing from a group; one account that no identity stands behind. With a
    `folder`, both tenants are kept in files there. With `lifecycle` they can all that the vendors'
    own sources can: grants are of single permissions, and Lea waits to be let in.
    """
    if people < 4:
        raise ValueError("the smallest organisation has 4 people")
    directory, secrets = _tenants()
    _people(directory, secrets, people, Random(seed))  # noqa: S311 - a made-up organisation
    _groups(directory, secrets, people)
    _grants(secrets)
    _drift(directory, secrets)
    if lifecycle:
        _like_vendors(secrets)
    return Pair(
        directory=_connector(directory, page_size, folder, lifecycle=lifecycle),
        secrets=_connector(secrets, page_size, folder, audited=True, lifecycle=lifecycle),
        mappings=(
            ("dg-platform", "eng-platform", "v-platform", "Platform Prod", Level.WRITE),
            ("dg-finance", "finance", "v-billing", "Billing Ops", Level.READ),
        ),
    )


def _tenants() -> tuple[Tenant, Tenant]:
    directory = Tenant(SourceIdentity("corp-id", "simulated", Side.DIRECTORY, "tenant-directory"))
    secrets = Tenant(
        SourceIdentity("corp-vault", "simulated", Side.SECRETS, "tenant-secrets"),
        own=OwnIdentity("s-keyturn", "keyturn"),
    )
    secrets.add(
        Account("s-keyturn", "keyturn", "keyturn", AccountState.ACTIVE, external_id="d-keyturn")
    )
    directory.add(Account("d-keyturn", "keyturn", "keyturn", AccountState.ACTIVE))
    secrets.add(*(Vault(vault_id, name, "kv-v2") for vault_id, name in _VAULTS))
    return directory, secrets


def _people(directory: Tenant, secrets: Tenant, people: int, chance: Random) -> None:
    for number in range(1, people + 1):
        name = NAMES[number - 1] if number <= len(NAMES) else f"Person {number:03d}"
        login = f"p{number:03d}@acme.example"
        account = Account(
            id=f"d-{number:03d}",
            name=login,
            display_name=name,
            state=AccountState.ACTIVE,
            state_raw="active",
            emails=(Email(login, verified=True),),
            department=chance.choice(("Platform", "Finance", "Support")),
            created_ms=_START_MS - chance.randrange(30, 900) * _DAY_MS,
        )
        directory.add(account)
        # Every third is matched by e-mail only, the others by the directory's id.
        linked = None if number % 3 == 0 else account.id
        secrets.add(
            replace(account, id=f"s-{number:03d}", external_id=linked, name=login.partition("@")[0])
        )


def _groups(directory: Tenant, secrets: Tenant, people: int) -> None:
    everyone = range(1, people + 1)
    shares = {
        "everyone": everyone,
        "platform": [n for n in everyone if n % 2 == 1],
        "finance": [n for n in everyone if n % 4 == 2],
    }
    for word, numbers in shares.items():
        name = "eng-platform" if word == "platform" else word
        directory.add(Group(f"dg-{word}", name))
        secrets.add(Group(f"sg-{word}", name, external_id=f"dg-{word}"))
        directory.join(f"dg-{word}", (f"d-{n:03d}" for n in numbers))
        secrets.join(f"sg-{word}", (f"s-{n:03d}" for n in numbers))
    directory.join("dg-everyone", ["d-keyturn"])
    secrets.join("sg-everyone", ["s-keyturn"])
    secrets.add(Group("sg-old-billing", "old-billing"))


def _grants(secrets: Tenant) -> None:
    group = PrincipalKind.GROUP
    secrets.add(
        Grant("v-platform", group, "sg-platform", Level.WRITE, "group/sg-platform/policy/platform"),
        Grant("v-billing", group, "sg-finance", Level.READ, "group/sg-finance/policy/billing"),
        Grant(
            "v-payments",
            PrincipalKind.ACCOUNT,
            "s-keyturn",
            Level.MANAGE,
            "account/s-keyturn/policy/payments-admin",
        ),
        MachineIdentity("m-ci", "ci-deploy", "approle", created_ms=_START_MS - 90 * _DAY_MS),
    )


def _drift(directory: Tenant, secrets: Tenant) -> None:
    leaver = directory.accounts[LEAVER]
    directory.add(replace(leaver, state=AccountState.SUSPENDED, state_raw="inactive"))
    secrets.add(
        Session("t-dana-1", "s-001", created_ms=_START_MS - _DAY_MS),
        Session("t-dana-2", "s-001", created_ms=_START_MS - 2 * _DAY_MS),
        Grant(
            "v-payments",
            PrincipalKind.ACCOUNT,
            "s-001",
            Level.MANAGE,
            "account/s-001/policy/payments-admin",
        ),
    )
    secrets.join("sg-old-billing", ["s-001"])
    secrets.members["sg-finance"].pop("s-002", None)
    secrets.add(
        Account(
            "s-ghost",
            "old.contractor",
            "Old Contractor",
            AccountState.ACTIVE,
            emails=(Email("old.contractor@elsewhere.example", verified=True),),
        )
    )


def _like_vendors(secrets: Tenant) -> None:
    """One edge for each principal on each vault, with its permissions; Lea is not let in yet."""
    secrets.permission_rules = RULES
    held = [grant for by_vault in secrets.grants.values() for grant in by_vault.values()]
    secrets.grants.clear()
    for grant in held:
        carrier = f"{grant.principal_kind.value}/{grant.principal_id}/vault/{grant.vault_id}"
        permissions = of_level(RULES, grant.level)
        secrets.add(replace(grant, carrier=carrier, permissions=permissions))
    waiting = secrets.accounts["s-003"]
    since_ms = _START_MS - 6 * _DAY_MS
    secrets.add(
        replace(
            waiting,
            state=AccountState.INVITED,
            state_raw=ACCEPTED,
            state_since_ms=since_ms,
        )
    )


def _connector(
    tenant: Tenant,
    page_size: int,
    folder: Path | None,
    *,
    audited: bool = False,
    lifecycle: bool = False,
) -> SimulatedConnector:
    path = folder / f"{tenant.source.side.value}.json" if folder else None
    return SimulatedConnector(
        Remote(tenant, Faults(), page_size=page_size, path=path),
        audited=audited,
        lifecycle=lifecycle,
    )
