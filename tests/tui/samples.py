"""A plan and a leaver's card, as screens under test show them."""

from dataclasses import replace

from keyturn.decide.findings import Change, ChangeKind, ObjectKind, Ref
from keyturn.decide.plans import (
    GuardVerdict,
    LeftAlone,
    Operation,
    Plan,
    PlanScope,
    SnapshotUsed,
    Verdict,
)  # fmt: skip
from keyturn.tui.engine import Card, CardLine
from keyturn_providers.records import Side

NOW_MS = 1_800_000_000_000
DANA = Ref(Side.DIRECTORY, ObjectKind.ACCOUNT, "00u1", "dana.okafor")
DANA_THERE = Ref(Side.SECRETS, ObjectKind.ACCOUNT, "e1", "dana.okafor")


def operation(number: int, kind: ChangeKind, words: str, stage: int, *also: str) -> Operation:
    """One operation about Dana; only what a screen shows is realistic."""
    side = Side.DIRECTORY if stage == 0 else Side.SECRETS
    return Operation(
        id=f"op{number}",
        number=number,
        change=Change(kind, side, account=DANA if stage == 0 else DANA_THERE),
        words=words,
        precondition="the account is active",
        expected="the account is read back suspended",
        stage=stage,
        also=also,
    )


def offboarding() -> Plan:
    """Dana's offboarding: five operations in three stages."""
    operations = (
        operation(1, ChangeKind.SUSPEND, "Suspend Dana Okafor (dana.okafor) in okta.", 0),
        operation(2, ChangeKind.SUSPEND, "Disable the entity dana.okafor in openbao.", 1),
        operation(3, ChangeKind.END_SESSION, "End a session of dana.okafor: token hvs-4f1.", 2),
        operation(
            4, ChangeKind.REVOKE, "Revoke payments-manage from dana.okafor (opens Payments).", 5,
            "loses write on Ledger, which hangs on the same policy",
        ),
        operation(
            5, ChangeKind.REMOVE_MEMBERSHIP, "Remove dana.okafor from old-billing in openbao.", 4
        ),
    )  # fmt: skip
    return Plan(
        id="3f9a1c22b07d",
        digest="3f9a1c22b07d" + "0" * 52,
        format=1,
        created_ms=NOW_MS,
        program="keyturn 0.1.0",
        scope=PlanScope.OFFBOARD,
        title="Offboard Dana Okafor",
        subject_key="d:00u1",
        policy_digest="0" * 64,
        snapshots=(
            SnapshotUsed("okta", "scim", "acme", 11, NOW_MS - 120_000, complete=True),
            SnapshotUsed("openbao", "openbao", "c-1", 12, NOW_MS - 118_000, complete=True),
        ),
        operations=operations,
        guards=(
            GuardVerdict("complete listings", Verdict.ALLOW, "Every listing is whole."),
            GuardVerdict(
                "removals", Verdict.ASK, "Four removals for one person: type the login.",
                ("dana.okafor",), "The login confirms it.",
            ),
            GuardVerdict("never touch", Verdict.ALLOW, "Nobody on that list is here."),
        ),
        left_alone=(
            LeftAlone("eng-platform", "openbao follows the directory group; a sync removes it"),
        ),
        blind_spots=("openbao cannot list tokens of userpass logins made before its restart.",),
        confirm_with="dana.okafor",
    )  # fmt: skip


def refused() -> Plan:
    """The same plan with a guard that refuses."""
    guard = GuardVerdict(
        "last manager", Verdict.REFUSE, "Payments would be left without anybody who manages it.",
        ("Payments",), "Give another person manage on Payments first, then plan again.",
    )  # fmt: skip
    return replace(offboarding(), guards=(guard, *offboarding().guards))


def card() -> Card:
    """What Dana has."""
    return Card(
        "d:00u1",
        "Dana Okafor",
        (
            ("Accounts", (
                CardLine("okta: dana.okafor, active", "="),
                CardLine("openbao: dana.okafor, active", "!"),
            )),
            ("Groups", (
                CardLine("eng-platform: in okta and openbao", "="),
                CardLine("old-billing: in openbao", "-"),
            )),
            ("Vaults", (
                CardLine("Payments: manage by a direct grant, not in policy", "-"),
                CardLine("Platform Prod: write through eng-platform, policy line 14", "="),
            )),
            ("Sessions", (CardLine("token hvs-4f1, since 3d", "-"),)),
        ),
    )  # fmt: skip
