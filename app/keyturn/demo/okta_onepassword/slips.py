"""How the demo's organisation has gone wrong. Everything is in step except what this module says.

Values only; each slip shows one kind of drift. `okta_side` and `onepassword_side` make it so.
"""

from dataclasses import dataclass

from keyturn.demo.people import DOMAIN, LEAVER
from keyturn.demo.waived import Waived
from keyturn_providers.records import Level

# --- The directory -------------------------------------------------------------------------------
SUSPENDED_IN_OKTA = {LEAVER: 3}
"""Login -> days ago. Okta pushes nothing for a suspension: 1Password does not know."""
PUSH_FAILED = {"tomasz.wisniewski": 9}
"""Deactivated this many days ago, but the push to 1Password failed and nobody cleared the task."""
SECOND_LOGIN = ("o", "adm.o", "O (administrator)")
"""Login, second login, its name: two Okta users with one e-mail address. Which is 1Password's?"""
STAGED = (("nadia.rahman", "Nadia Rahman", "eng-sre"), ("tim.feldt", "Tim Feldt", "legal"))
"""Login, name, team of those who start on Monday. Nothing is due for them yet."""
FAILED_MAPPING = ("ops-customs", "Group ops-customs already exists in 1Password.")
PAUSED_MAPPING = "design"
MAPPINGS_STOPPED = {"ops-customs": 12, "design": 26}
"""How many days ago the one failed and the other was paused."""
LATE_MEMBERS = {"ops-customs": 2, "design": 1}
"""Group -> how many joined since nothing is pushed any more, and are missing in 1Password."""

LEAVERS: tuple[tuple[str, str, int], ...] = (
    ("karl.overbeck", "Karl Overbeck", 24),
    ("mina.aziz", "Mina Aziz", 61),
    ("gustav.lind", "Gustav Lind", 88),
    ("rosa.almeida", "Rosa Almeida", 103),
    ("ben.hadley", "Ben Hadley", 140),
    ("ida.torp", "Ida Torp", 171),
    ("sanjay.mehta", "Sanjay Mehta", 206),
    ("lucy.parr", "Lucy Parr", 255),
    ("otto.reinhardt", "Otto Reinhardt", 301),
    ("amadou.ba", "Amadou Ba", 366),
    ("vera.stoica", "Vera Stoica", 430),
    ("hal.jessop", "Hal Jessop", 512),
    ("mary.kiprono", "Mary Kiprono", 598),
    ("leo.santini", "Leo Santini", 664),
)
"""Login, name, days since they left in good order: deactivated in Okta, suspended in 1Password."""

# --- 1Password -----------------------------------------------------------------------------------
WITHOUT_ACCOUNT = frozenset({"lea.baum"})
SUSPENDED_HERE = frozenset({"omer.katz"})
INVITED_DAYS_AGO = {"ren.okada": 9, "magda.lewandowska": 2}
"""Invited and not answered; an invitation lives five days."""
NOT_CONFIRMED = {"dylan.pembroke": 6}
"""Has answered the invitation this many days ago, and nobody has let them in."""
ODD_STATE = {"yu": "DEVICE_REVIEW"}
SHOWN_AS = {"mei.lin": "Mei Lin \u202enimda\u202c [bold red]\x1b]52;c;ZGVtbw==\x07"}
OLD_NAMES = {"anna.lindqvist": "Anna Lindqvist"}
OLD_ADDRESSES = {"giulia.dangelo": f"giulia.rossi@{DOMAIN}"}

MISSING_MEMBERS = frozenset({("support-first", "nguyen.minh.khai")})
STRAY_MEMBERS = frozenset({("fin-billing", "sofia.iniguez")})
OLD_GROUP = "old-billing"
OLD_GROUP_MEMBERS = (LEAVER, "amara.diallo")
OLD_GROUP_GRANT = ("Billing Ops", Level.WRITE)
"""A group of 1Password's own that the policy does not know."""

GROUP_GRANT_SLIPS: dict[str, dict[str, Level]] = {
    "eng-android": {"Data Platform Prod": Level.READ},
    "support-first": {"Support Desk": Level.MANAGE},
    "legal": {"Contracts": Level.READ},
    "analytics": {"Warehouse Readers": Level.NONE},
}
"""Group -> vault -> what it has in place of what it should have."""


@dataclass(frozen=True, slots=True)
class Direct:
    """A grant to one person: how long ago it was made, and by whom."""

    login: str
    vault: str
    level: Level
    days: int
    by: str


DIRECT_GRANTS: tuple[Direct, ...] = (
    Direct(LEAVER, "Payments Prod", Level.MANAGE, 634, "t.ong"),
    Direct(LEAVER, "Company Cards", Level.READ, 41, "hannah.fischer"),
    # Gone for days, and nobody else manages it: it has to be handed over before the cut.
    Direct("tomasz.wisniewski", "Billing Ops", Level.MANAGE, 488, "hannah.fischer"),
    Direct("ravi.menon", "Platform Prod", Level.WRITE, 410, "konstantinos.pappas"),
    Direct("sam.whitlock", "Payroll Runs", Level.READ, 30, "hannah.fischer"),
    Direct("emre.yildirim", "Contracts", Level.READ, 200, "eleni.georgiou"),
    Direct("seoyeon.kim", "Contracts", Level.READ, 97, "t.ong"),
    Direct("ext.auditor", "Audit Evidence", Level.READ, 260, "zofia.krol"),
)


WAIVERS: tuple[Waived, ...] = (
    Waived(
        "sam.whitlock",
        "Payroll Runs",
        Level.READ,
        90,
        "hannah.fischer",
        "year-end close",
        "FIN-812",
    ),
    Waived(
        "emre.yildirim",
        "Contracts",
        Level.READ,
        -20,
        "eleni.georgiou",
        "review of supplier contracts",
        "LEG-77",
    ),
)

OPERATOR = "konstantinos.pappas"
"""Whose `op` session and whose Okta token keyturn uses in the demo."""
BUILT_IN_MEMBERS: dict[str, tuple[str, ...]] = {
    "Owners": ("ingrid.soerensen", OPERATOR, "breakglass", "aleksandr.sokolov"),
    "Administrators": ("adaeze.nwosu", OPERATOR),
    "Security": ("fatima.alzahra",),
    "Recovery": ("ingrid.soerensen", "wiremu.parata"),
    "Provision Managers": (OPERATOR,),
}
PRIVILEGES: tuple[tuple[str, str], ...] = (
    ("ingrid.soerensen", "Owners"),
    (OPERATOR, "Owners"),
    ("breakglass", "Owners"),
    ("adaeze.nwosu", "Administrators"),
    (OPERATOR, "Administrators"),
    ("fatima.alzahra", "Security"),
    ("ingrid.soerensen", "Recovery"),
    ("wiremu.parata", "Recovery"),
    (OPERATOR, "Provision Managers"),
)
"""Who may hold which role, by the policy; one of the Owners is not in it."""

STRANGERS: tuple[tuple[str, str, str], ...] = (
    ("breakglass", "Break glass", "MEMBER"),
    ("ext.auditor", "Auditor 2024 (external)", "GUEST"),
    ("svc.legacy-sync", "Legacy sync", "MEMBER"),
)
"""Login, name and type of accounts nobody in the directory stands behind."""
NEVER_TOUCH = (f"breakglass@{DOMAIN}",)


@dataclass(frozen=True, slots=True)
class OktaToken:
    """An API token of Okta: it has its owner's rights, and dies when the owner is deactivated."""

    name: str
    owner: str
    days: int


KEYTURN_TOKEN = "keyturn"  # noqa: S105  a name
OKTA_TOKENS: tuple[OktaToken, ...] = (
    OktaToken(KEYTURN_TOKEN, OPERATOR, 12),
    OktaToken("invoice-sync", LEAVER, 402),
    OktaToken("hr-import", "anna.lindqvist", 212),
    OktaToken("old-report", "mihai.ionescu", 700),
)
SERVICE_APPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Terraform", ("okta.groups.manage", "okta.apps.read")),
    ("Log shipper", ("okta.logs.read",)),
)
"""Name and scopes of OAuth service apps."""


@dataclass(frozen=True, slots=True)
class ConnectToken:
    """A Connect token of 1Password, and who answers for it; "" nobody."""

    name: str
    server: str
    vaults: tuple[str, ...]
    owner: str


CONNECT_TOKENS: tuple[ConnectToken, ...] = (
    ConnectToken("k8s-prod", "cluster-eu", ("Platform Prod", "Payments Prod"), "ravi.menon"),
    ConnectToken("billing-export", "cluster-eu", ("Billing Ops",), "tomasz.wisniewski"),
    ConnectToken("nightly-backup", "cluster-us", ("Data Platform Prod",), ""),
)

# Slips in the policy itself.
GONE_GROUP = ("00ggone4contractors1", "eng-contractors")
MISNAMED_GROUP = {"people-ops": "human-resources"}
