"""The demo's groups and vaults, and what should be: which group may do what with which vault.

Values only. Sixty directory groups and ninety vaults; each slip from what should be is in `slips`.
"""

from dataclasses import dataclass

from keyturn_providers.records import Level

EVERYONE = "Everyone"
"""Okta's built-in group; it is not pushed."""


@dataclass(frozen=True, slots=True)
class Team:
    """A directory group that people belong to by their work, and its vaults.

    `size` is how many people it has. `vaults` are its own; each member may edit them.
    """

    group: str
    department: str
    title: str
    size: int
    vaults: tuple[str, ...]


def _engineering(group: str, product: str, title: str, size: int) -> Team:
    """An engineering team has its product's three vaults."""
    vaults = tuple(f"{product} {stage}" for stage in ("Prod", "Staging", "CI"))
    return Team(group, "Engineering", title, size, vaults)


TEAMS: tuple[Team, ...] = (
    _engineering("eng-platform", "Platform", "Platform engineer", 9),
    _engineering("eng-sre", "Reliability", "Site reliability engineer", 8),
    _engineering("eng-payments", "Payments", "Payments engineer", 8),
    _engineering("eng-checkout", "Checkout", "Software engineer", 7),
    _engineering("eng-routing", "Routing", "Software engineer", 7),
    _engineering("eng-tracking", "Tracking", "Software engineer", 6),
    _engineering("eng-pricing", "Pricing", "Software engineer", 5),
    _engineering("eng-web", "Web", "Front-end engineer", 7),
    _engineering("eng-ios", "iOS", "iOS engineer", 5),
    _engineering("eng-android", "Android", "Android engineer", 5),
    _engineering("eng-search", "Search", "Search engineer", 4),
    _engineering("eng-identity", "Identity", "Identity engineer", 5),
    _engineering("eng-data", "Data Platform", "Data engineer", 6),
    _engineering("eng-ml", "Forecasting", "Machine-learning engineer", 5),
    _engineering("eng-quality", "Quality", "Test engineer", 5),
    _engineering("eng-tools", "Developer Tools", "Build engineer", 4),
    Team("sec-response", "Security", "Incident responder", 4, ("Incident Response", "Forensics")),
    Team("sec-appsec", "Security", "Security engineer", 4, ("Signing Keys",)),
    Team("sec-assurance", "Security", "Assurance analyst", 3, ("Audit Evidence",)),
    Team("it-helpdesk", "IT", "Helpdesk analyst", 6, ("Helpdesk Tools",)),
    Team("it-systems", "IT", "Systems administrator", 4, ("Servers", "Mail and Domains")),
    Team("it-network", "IT", "Network engineer", 4, ("Firewalls", "Office Wi-Fi")),
    Team("fin-billing", "Finance", "Billing specialist", 6, ("Billing Ops",)),
    Team("fin-treasury", "Finance", "Treasury analyst", 4, ("Bank Portals",)),
    Team("fin-payroll", "Finance", "Payroll officer", 4, ("Payroll Runs",)),
    Team("fin-tax", "Finance", "Tax adviser", 3, ("Tax Filings",)),
    Team("people-ops", "People", "People partner", 6, ("People Systems",)),
    Team("recruiting", "People", "Recruiter", 5, ("Job Boards",)),
    Team("legal", "Legal", "Counsel", 5, ("Contracts",)),
    Team("compliance", "Legal", "Compliance officer", 3, ("Regulators",)),
    Team("sales-emea", "Sales", "Account executive", 7, ("Sales EMEA",)),
    Team("sales-americas", "Sales", "Account executive", 7, ("Sales Americas",)),
    Team("sales-apac", "Sales", "Account executive", 5, ("Sales APAC",)),
    Team("sales-ops", "Sales", "Sales operations analyst", 3, ("CRM",)),
    Team("support-first", "Support", "Support agent", 9, ("Support Desk",)),
    Team("support-second", "Support", "Support engineer", 6, ("Customer Access",)),
    Team("support-night", "Support", "Night support agent", 4, ("Night Desk",)),
    Team("ops-fleet", "Operations", "Fleet planner", 6, ("Fleet Telematics",)),
    Team("ops-warehouse", "Operations", "Warehouse planner", 6, ("Warehouse Systems",)),
    Team("ops-customs", "Operations", "Customs broker", 4, ("Customs Portals",)),
    Team("ops-ports", "Operations", "Port agent", 4, ("Port Systems",)),
    Team("marketing", "Marketing", "Marketing manager", 5, ("Social Media",)),
    Team("design", "Marketing", "Designer", 4, ("Design Tools",)),
    Team("analytics", "Data", "Data analyst", 5, ("Warehouse Readers",)),
    Team("finance-data", "Data", "Reporting analyst", 2, ("Board Reporting",)),
    Team("directors", "Directors", "Director", 5, ("Board Room",)),
)

SHARED_VAULTS: dict[str, str] = {
    "Company Cards": "Cards of the departments",
    "Travel": "Booking portals",
    "Break Glass": "Emergency administrators",
    "On-call Runbooks": "What to open at night",
    "Release Keys": "Signing of releases",
    "Vendors": "Suppliers' portals",
    "Cloud Root": "Root accounts of the clouds",
    "Office Berlin": "Doors, printers, alarms",
    "Office Lagos": "Doors, printers, alarms",
}

# A group by what somebody does besides their team: vaults with levels, and how many people.
ROLE_GROUPS: dict[str, tuple[int, tuple[tuple[str, Level], ...]]] = {
    "all-engineering": (0, (("Developer Tools CI", Level.READ), ("Quality Staging", Level.READ))),
    "engineering-managers": (12, (("Vendors", Level.WRITE), ("Travel", Level.READ))),
    "on-call": (14, (("On-call Runbooks", Level.WRITE), ("Reliability Prod", Level.READ))),
    "on-call-payments": (5, (("Payments Prod", Level.READ), ("Bank Portals", Level.READ))),
    "incident-commanders": (5, (("Incident Response", Level.WRITE), ("Break Glass", Level.READ))),
    "release-managers": (6, (("Release Keys", Level.WRITE), ("Signing Keys", Level.READ))),
    "security-champions": (9, (("Audit Evidence", Level.READ),)),
    "vault-admins": (4, (("Break Glass", Level.MANAGE), ("Cloud Root", Level.MANAGE))),
    "cost-centre-owners": (10, (("Company Cards", Level.READ), ("Travel", Level.WRITE))),
    "board-papers": (3, (("Board Room", Level.READ), ("Board Reporting", Level.READ))),
    "office-berlin": (11, (("Office Berlin", Level.READ),)),
    "office-lagos": (9, (("Office Lagos", Level.READ),)),
    "contractors": (8, ()),
}
RULE_GROUP = "all-engineering"
"""Okta's own rule puts everybody of the department Engineering into it."""
RULE_NAME = "Engineering by department"

GROUPS: tuple[str, ...] = (EVERYONE, *(team.group for team in TEAMS), *ROLE_GROUPS)
PUSHED_GROUPS: tuple[str, ...] = tuple(
    group for group in GROUPS if group not in (EVERYONE, "contractors")
)

BUILT_IN_GROUPS: dict[str, str] = {
    "Owners": "OWNERS",
    "Administrators": "ADMINISTRATORS",
    "Security": "SECURITY",
    "Recovery": "RECOVERY",
    "Team Members": "TEAM_MEMBERS",
    "Provision Managers": "USER_DEFINED",
}
"""1Password's own groups, by name, with their type."""


def vaults() -> dict[str, str]:
    """Every shared vault, by name, with a description; in a fixed order."""
    own = {vault: f"{team.department}: {team.group}" for team in TEAMS for vault in team.vaults}
    return own | SHARED_VAULTS


def mappings() -> dict[str, tuple[tuple[str, Level], ...]]:
    """What should be: directory group -> vaults with levels. The policy file says the same."""
    should = {
        team.group: tuple((vault, Level.WRITE) for vault in team.vaults)
        + ((("Vendors", Level.READ),) if team.department in ("IT", "Finance") else ())
        for team in TEAMS
    }
    should["eng-sre"] += tuple(
        (f"{product} Prod", Level.MANAGE)
        for product in ("Platform", "Payments", "Checkout", "Routing", "Tracking", "Identity")
    )
    should["sec-response"] += (("Break Glass", Level.WRITE), ("Cloud Root", Level.READ))
    return should | {group: grants for group, (_, grants) in ROLE_GROUPS.items() if grants}
