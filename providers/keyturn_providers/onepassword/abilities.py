"""What a source can do, from which of its surfaces answer."""

from keyturn_providers.abilities import Ability
from keyturn_providers.onepassword.parts import PRESUMED
from keyturn_providers.onepassword.view import Standing

KEPT = frozenset(
    {
        Ability.LIST_ACCOUNTS,
        Ability.LIST_GROUPS,
        Ability.LIST_MEMBERSHIPS,
        Ability.LIST_VAULTS,
        Ability.LIST_GRANTS,
        Ability.LIST_MACHINES,
        Ability.STREAM_EVENTS,
    }
)
"""What stays declared while the surface that has it does not answer: what is then missing must be
seen to be missing, as a listing or a stream that failed."""


def reads(standing: Standing) -> frozenset[Ability]:
    """Listings and streams of a surface that does not answer end incomplete, with the reason; its
    other reads are gone."""
    able = {ability for view in standing.up.values() for ability in view.reads}
    able |= {ability for surface in standing.down for ability in PRESUMED[surface].reads & KEPT}
    return frozenset(able)


def writes(standing: Standing) -> frozenset[Ability]:
    return frozenset(ability for view in standing.up.values() for ability in view.writes)
