"""The simulated pair as subjects of the conformance suite."""

from dataclasses import replace

from pydantic import SecretStr

from keyturn_providers.conformance import GrantTarget, Subject
from keyturn_providers.contract import Connector, Surroundings
from keyturn_providers.records import Level, PrincipalKind, Side
from keyturn_providers.simulated import SimulatedConnector, simulated_pair

TOKEN = SecretStr("token-that-nobody-may-see")


def simulated(side: Side, *, lifecycle: bool = False) -> tuple[SimulatedConnector, Subject]:
    """A fresh simulated source and its subject; faults are armed on the connector. With `lifecycle`
    it can all that the vendors' own sources can."""
    pair = simulated_pair(lifecycle=lifecycle)
    connector = pair.directory if side is Side.DIRECTORY else pair.secrets

    def opened(surroundings: Surroundings) -> Connector:
        return replace(connector, read_only=surroundings.read_only)

    short = "d" if side is Side.DIRECTORY else "s"
    subject = Subject(
        open=opened,
        token=TOKEN,
        # Dana in the directory is off already; in the secret manager she has the sessions.
        account_id=f"{short}-002" if side is Side.DIRECTORY else f"{short}-001",
        group_id=f"{short}g-finance",
        outsider_id=_outsider(connector, f"{short}g-finance"),
        patience_s=0.0,
    )
    if side is Side.SECRETS:
        target = GrantTarget("v-payments", PrincipalKind.ACCOUNT, "s-004", Level.READ)
        subject = replace(subject, grant=target)
    if lifecycle:
        subject = replace(subject, leaver_id=f"{short}-005")
    if lifecycle and side is Side.SECRETS:
        wide = GrantTarget("v-payments", PrincipalKind.ACCOUNT, "s-004", Level.WRITE)
        subject = replace(
            subject,
            grant=wide,
            narrow_to=Level.READ,
            invitee=("new.person@acme.example", "New Person"),
            waiting_id="s-003",
        )
    return connector, subject


def _outsider(connector: SimulatedConnector, group_id: str) -> str:
    tenant = connector.tenant
    return min(set(tenant.accounts) - set(tenant.members[group_id]))
