"""The demo's organisation: its groups and vaults, what should be, and how that has gone wrong.

Everything is in step except what this module says; each slip shows one kind of drift. Values only:
`fill_directory` and `fill_secrets` make it so on the servers, `config_file` writes the policy.
"""

from dataclasses import dataclass

from keyturn.demo.people import DOMAIN, LEAVER
from keyturn.demo.waived import Waived
from keyturn_providers.records import Level

EVERYONE = "everyone"
NESTED = {"engineering": "eng-platform"}
"""Group -> the group that is a member of it."""

VAULTS: dict[str, str] = {
    "platform-prod": "Production clusters",
    "platform-staging": "Staging clusters",
    "mobile-signing": "App signing keys",
    "payments": "Payment providers",
    "billing-ops": "Invoicing systems",
    "payroll-runs": "Payroll and pensions",
    "legal-archive": "Contracts and claims",
    "customer-support": "Help desk integrations",
    "data-warehouse": "Warehouse and pipelines",
    "board-room": "Board papers",
}

# What should be: directory group -> vaults with levels. The policy file says the same.
MAPPINGS: dict[str, tuple[tuple[str, Level], ...]] = {
    "engineering": (("platform-staging", Level.WRITE),),
    "eng-platform": (("platform-prod", Level.WRITE),),
    "eng-mobile": (("mobile-signing", Level.WRITE),),
    "security": (
        ("platform-prod", Level.MANAGE),
        ("platform-staging", Level.MANAGE),
        ("mobile-signing", Level.MANAGE),
        ("data-warehouse", Level.MANAGE),
        ("customer-support", Level.MANAGE),
    ),
    "directors": (
        ("board-room", Level.MANAGE),
        ("payments", Level.MANAGE),
        ("billing-ops", Level.MANAGE),
        ("payroll-runs", Level.MANAGE),
        ("legal-archive", Level.MANAGE),
    ),
    "finance": (("payments", Level.WRITE), ("billing-ops", Level.WRITE)),
    "payroll": (("payroll-runs", Level.WRITE),),
    "people-ops": (("payroll-runs", Level.READ),),
    "legal": (("legal-archive", Level.WRITE),),
    "support": (("customer-support", Level.WRITE),),
    "data": (("data-warehouse", Level.WRITE), ("billing-ops", Level.READ)),
}
GROUPS: tuple[str, ...] = (EVERYONE, *MAPPINGS)

# One policy over two vaults: they stand and fall together.
SHARED_POLICY = "platform-manage"
SHARED_VAULTS = ("platform-prod", "platform-staging")
OPERATORS_POLICY = "vault-operators"

# Slips on the directory's side.
OFF_IN_DIRECTORY = frozenset({LEAVER, "tomasz.wisniewski"})
WITHOUT_STATE = frozenset({"yu"})
SHOWN_AS = {"mei.lin": "Mei Lin \u202enimda\u202c [bold red]\x1b]52;c;ZGVtbw==\x07"}

# Slips on the secret manager's side.
WITHOUT_ACCOUNT = frozenset({"lea.baum"})
DISABLED = frozenset({"omer.katz", "tomasz.wisniewski"})
OLD_NAMES = {"anna.lindqvist": "Anna Lindqvist"}
OLD_ADDRESSES = {"giulia.dangelo": f"giulia.rossi@{DOMAIN}"}
MATCHED_BY_ADDRESS = frozenset(
    {"grace.mutua", "ivana.juric", "oisin.byrne", "pradeep.nair", "marisol.quispe", "hugo.desmet"}
)
MATCHED_BY_ALIAS = {"eamon.oshea": "eoshea"}
"""Login in the directory -> entity, with no id and no address in common."""

TWICE = "o"
"""This person has two entities with the same address, and neither has the directory's id."""

LATE_MEMBERSHIPS = frozenset(
    {("support", "nguyen.minh.khai"), (EVERYONE, TWICE), ("support", TWICE)}
)
STRAY_MEMBERSHIPS = frozenset({("finance", "sofia.iniguez")})
OLD_GROUP = "old-billing"
OLD_GROUP_MEMBERS = (LEAVER, "amara.diallo")
OLD_GROUP_POLICY = ("billing-ops", Level.WRITE)

GROUP_GRANT_SLIPS: dict[str, dict[str, Level]] = {
    "eng-mobile": {"data-warehouse": Level.READ},
    "support": {"customer-support": Level.MANAGE},
    "legal": {"legal-archive": Level.READ},
    "data": {"billing-ops": Level.NONE},
}
"""Group -> vault -> what it has in place of what it should have."""

ENTITY_GRANTS: dict[str, tuple[tuple[str, Level], ...]] = {
    LEAVER: (("payments", Level.MANAGE),),
    "ravi.menon": (("platform-prod", Level.WRITE),),
    "sam.whitlock": (("payroll-runs", Level.READ),),
    "emre.yildirim": (("legal-archive", Level.READ),),
}
LOGIN_GRANTS: dict[str, tuple[tuple[str, Level], ...]] = {
    LEAVER: (("billing-ops", Level.READ),),
    "seoyeon.kim": (("legal-archive", Level.READ),),
}
OPERATORS = frozenset({"aleksandr.sokolov"})
PASSWORD_DEPARTMENTS = frozenset({"Finance", "Platform"})
"""Who still has a password in OpenBao: these departments and whoever is named in LOGIN_GRANTS or
LIVE_TOKENS. The others come by single sign-on. (Each password costs OpenBao 25 ms of hashing.)"""
LIVE_TOKENS: dict[str, int] = {LEAVER: 2, "ravi.menon": 1, "grace.mutua": 1, "wang.fang": 1}
"""How often each of these has logged in and not out."""


WAIVERS: tuple[Waived, ...] = (
    Waived(
        "sam.whitlock",
        "payroll-runs",
        Level.READ,
        90,
        "hannah.fischer",
        "year-end close",
        "FIN-812",
    ),
    Waived(
        "emre.yildirim",
        "legal-archive",
        Level.READ,
        -20,
        "eleni.georgiou",
        "audit of supplier contracts",
        "LEG-77",
    ),
)


@dataclass(frozen=True, slots=True)
class Role:
    """An approle and who answers for it; "" nobody."""

    name: str
    vault: str
    level: Level
    owner: str


ROLES: tuple[Role, ...] = (
    Role("ci-deploy", "platform-prod", Level.READ, "ravi.menon"),
    Role("billing-export", "billing-ops", Level.READ, "tomasz.wisniewski"),
    Role("nightly-backup", "data-warehouse", Level.READ, ""),
)


@dataclass(frozen=True, slots=True)
class LooseToken:
    """A token that is nobody's. `ttl` and `period` as OpenBao writes them, "" for none."""

    name: str
    vault: str
    level: Level
    owner: str
    ttl: str = ""
    period: str = ""


KEYTURN_TOKEN = "keyturn"  # noqa: S105  a display name
KEYTURN_OWNER = "konstantinos.pappas"
LOOSE_TOKENS: tuple[LooseToken, ...] = (
    LooseToken("legacy-reporting", "data-warehouse", Level.READ, "", ttl="700h"),
    LooseToken("monitoring", "platform-staging", Level.LIST, "ravi.menon", period="24h"),
)


@dataclass(frozen=True, slots=True)
class Stranger:
    """An entity nobody in the directory stands behind."""

    name: str
    display_name: str
    kind: str = ""
    policies: tuple[str, ...] = ()


STRANGERS: tuple[Stranger, ...] = (
    Stranger("breakglass", "Break glass", policies=(OPERATORS_POLICY,)),
    Stranger("ext-auditor", "Auditor 2024 (external)"),
    Stranger("svc-legacy-sync", "Legacy sync", kind="service"),
)
NEVER_TOUCH = ("breakglass",)

# Slips in the policy itself.
GONE_GROUP = ("7c1f0f6ab3d94a4c8b6f6f0c5d0e2a11", "contractors")
MISNAMED_GROUP = {"people-ops": "human-resources"}


def policy_name(vault: str, level: Level) -> str:
    """The name of the policy that gives exactly `level` on `vault`."""
    return f"{vault}-{level.value}"


def group_policies(group: str) -> tuple[str, ...]:
    """The policies a group really has, slips included."""
    levels = dict(MAPPINGS.get(group, ())) | GROUP_GRANT_SLIPS.get(group, {})
    shared = all(levels.get(vault) is Level.MANAGE for vault in SHARED_VAULTS)
    return tuple(
        policy_name(vault, level)
        for vault, level in levels.items()
        if level is not Level.NONE and not (shared and vault in SHARED_VAULTS)
    ) + ((SHARED_POLICY,) if shared else ())
