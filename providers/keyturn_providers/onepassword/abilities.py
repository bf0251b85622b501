"""What a source can do, from which of its surfaces answer."""

from keyturn_providers.contract import Ability
from keyturn_providers.onepassword.parts import PRESUMED
from keyturn_providers.onepassword.view import Standing

LISTS = frozenset(
    {
        Ability.LIST_ACCOUNTS,
        Ability.LIST_GROUPS,
        Ability.LIST_MEMBERSHIPS,
        Ability.LIST_VAULTS,
        Ability.LIST_GRANTS,
        Ability.LIST_MACHINES,
    }
)


def reads(standing: Standing) -> frozenset[Ability]:
    """Listings stay declared while their surface does not answer: they then end incomplete, with
    the reason. The other reads are gone with it."""
    able = {ability for view in standing.up.values() for ability in view.reads}
    able |= {ability for surface in standing.down for ability in PRESUMED[surface].reads & LISTS}
    return frozenset(able)


def writes(standing: Standing) -> frozenset[Ability]:
    return frozenset(ability for view in standing.up.values() for ability in view.writes)
