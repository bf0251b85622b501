"""All that explains one person's access to one vault, from cache, journal and policy."""

from collections.abc import Mapping
from dataclasses import dataclass

from keyturn.decide.cut import Cut, OthersIn, own_cut, smallest_cut
from keyturn.decide.edges import Edge, edges_between
from keyturn.decide.explain import AccessPath, access_paths, why
from keyturn.decide.index import has_more_ways
from keyturn.decide.origins import EdgeKey, Origin
from keyturn.decide.people import Person
from keyturn.decide.why_not import WhyNot, why_not
from keyturn.decide.world import World
from keyturn.run.edge_origins import origins
from keyturn_storage.journal import Journal
from keyturn_storage.queries.reader import Reader


@dataclass(frozen=True, slots=True)
class Explained:
    """`words` answers in a sentence or two. `edges` make up the ways, with the origin of each.

    With access `cut` is the least set of edges that ends it, and `own` the least that touches
    nobody else, where that is another; without any, `why_not` says where the way ends. `more_ways`:
    there are so many through nested groups that `paths` may not be all; `edges` are.
    """

    vault_id: str
    vault_name: str
    words: str
    paths: tuple[AccessPath, ...]
    edges: tuple[Edge, ...]
    origins: Mapping[EdgeKey, Origin]
    cut: Cut | None
    own: Cut | None
    why_not: WhyNot | None
    more_ways: bool = False


def explained(
    reader: Reader,
    journal: Journal | None,
    world: World,
    person: Person,
    vault_id: str,
    others_in: OthersIn | None = None,
) -> Explained:
    """Every way from a person to a vault, who made it, what would end it; or why there is none."""
    paths = tuple(path for path in access_paths(world, person) if path.vault_id == vault_id)
    edges = edges_between(world, person, vault_id)
    cut = smallest_cut(world, person, vault_id, others_in)
    own = own_cut(world, person, vault_id, others_in) if cut is not None and cut.others else None
    return Explained(
        vault_id=vault_id,
        vault_name=world.secrets.vault_name(vault_id),
        words=why(world, person, vault_id),
        paths=paths,
        edges=edges,
        origins=origins(reader, journal, world, person, vault_id, edges),
        cut=cut,
        own=own,
        why_not=None if paths else why_not(world, person, vault_id),
        more_ways=any(path.groups for path in paths)
        and person.secrets is not None
        and has_more_ways(world.secrets, person.secrets.id),
    )
