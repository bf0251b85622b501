"""A pair with somebody in many groups, and what is under way at a source at any moment."""

from dataclasses import dataclass, field

from tests.run.plans_by_hand import DANA_HERE

from keyturn.decide.findings import Change, ChangeKind, ObjectKind, Ref
from keyturn_providers.records import Group, Side
from keyturn_providers.simulated import Moment, Pair, SimulatedConnector, When


def leave_many(pair: Pair, number: int) -> tuple[Change, ...]:
    """Puts Dana into `number` groups more; what takes her out of each."""
    tenant = pair.secrets.tenant
    changes: list[Change] = []
    for one in range(1, number + 1):
        group = Group(f"sg-{one:02}", f"team {one:02}")
        tenant.add(group)
        tenant.join(group.id, [DANA_HERE.id])
        ref = Ref(Side.SECRETS, ObjectKind.GROUP, group.id, group.name)
        changes.append(
            Change(ChangeKind.REMOVE_MEMBERSHIP, Side.SECRETS, account=DANA_HERE, group=ref)
        )
    return tuple(changes)


@dataclass(slots=True)
class UnderWay:
    """Every request of one source, with how many others were under way when it began."""

    now: int = 0
    most: int = 0
    told: list[Moment] = field(default_factory=list)

    def watch(self, connector: SimulatedConnector) -> "UnderWay":
        """Begins to watch."""
        goes_on = connector.remote.at

        async def at(moment: Moment) -> None:
            self.told.append(moment)
            if moment.when is When.BEFORE:
                self.now += 1
                self.most = max(self.most, self.now)
            else:
                self.now -= 1
            await goes_on(moment)

        connector.remote.at = at
        return self

    def place(self, when: When, operation_id: str) -> int:
        """Where in the order of requests the write of an operation began or was answered."""
        return next(
            place
            for place, one in enumerate(self.told)
            if one.when is when and one.operation_id == operation_id
        )
