"""Looks up who made the edges of an access: in keyturn's journal, the archived audit log of the
secret manager, and the snapshots."""

import json
from collections.abc import Iterable, Iterator, Mapping

from keyturn.decide.edges import PERSON, VAULT, Edge, EdgeKind
from keyturn.decide.findings import ChangeKind
from keyturn.decide.index import edge_of
from keyturn.decide.origins import EdgeKey, Known, Making, Origin, Sighting, origin_of
from keyturn.decide.people import Person
from keyturn.decide.world import World
from keyturn_providers.onepassword.events import edges as onepassword_edges
from keyturn_providers.onepassword.events.edges import MadeEdge
from keyturn_providers.records import PrincipalKind
from keyturn_storage.journal import Journal
from keyturn_storage.queries.coverage import coverage
from keyturn_storage.queries.edges import (
    DoneStep,
    FirstSeen,
    giving_steps,
    grant_seen,
    logged_changes,
    membership_seen,
)
from keyturn_storage.queries.reader import Reader

_GIVES = frozenset(
    {ChangeKind.GRANT.value, ChangeKind.RESTORE_GRANT.value, ChangeKind.ADD_MEMBERSHIP.value}
)


def origins(
    reader: Reader,
    journal: Journal | None,
    world: World,
    person: Person,
    vault_id: str,
    edges: Iterable[Edge],
) -> Mapping[EdgeKey, Origin]:
    """The origin of each edge between a person and a vault. Every look-up is by id and limited."""
    every = tuple(edges)
    account_id = person.secrets.id if person.secrets is not None else ""
    if not every or not account_id:
        return {}
    holders = {
        (PrincipalKind.ACCOUNT, account_id): PERSON,
        **{(PrincipalKind.GROUP, e.start): e.start for e in every if e.start != PERSON},
    }
    makings = [] if journal is None else [
        *_journaled(journal, account_id, vault_id, holders, every),
        *_logged(journal, world, account_id, vault_id, holders, every),
    ]  # fmt: skip
    # An answer about an earlier moment knows nothing of what came later.
    makings = [one for one in makings if one.at_ms <= world.now_ms]
    since_ms = None if journal is None else _logged_since(journal, world)
    found: dict[EdgeKey, Origin] = {}
    for edge in every:
        seen = _first_seen(reader, world.secrets.snapshot.id, account_id, vault_id, edge)
        found[edge.key] = origin_of(edge.key, makings, _sighting(seen), since_ms)
    return found


Holders = Mapping[tuple[PrincipalKind, str], str]


def _first_seen(
    reader: Reader, snapshot_id: int, account_id: str, vault_id: str, edge: Edge
) -> FirstSeen | None:
    if edge.end == VAULT:
        return grant_seen(reader, snapshot_id, vault_id, edge.carrier)
    member_id = account_id if edge.start == PERSON else edge.start
    return membership_seen(reader, snapshot_id, edge.end, member_id)


def _sighting(found: FirstSeen | None) -> Sighting | None:
    return None if found is None else Sighting(found.first_ms, found.after_ms)


# ---------------------------------------------------------------------- the audit log


def _logged(
    journal: Journal,
    world: World,
    account_id: str,
    vault_id: str,
    holders: Holders,
    edges: Iterable[Edge],
) -> Iterator[Making]:
    source = world.secrets.snapshot.source
    if source.kind != "onepassword":
        return
    for named in ({"user_id": account_id}, {"vault_id": vault_id}):
        for event in logged_changes(
            journal,
            stream=onepassword_edges.STREAM,
            tenant=source.tenant,
            actions=onepassword_edges.MADE,
            **named,
        ):
            made = onepassword_edges.made_edge(event.action, event.raw)
            if made is not None:
                for edge in _meant(made, vault_id, holders, edges):
                    yield Making(edge.key, event.at_ms, made.by, Known.AUDIT)


def _logged_since(journal: Journal, world: World) -> int | None:
    """Since when the audit log is archived without a gap; None where it is not, or has none."""
    source = world.secrets.snapshot.source
    if source.kind != "onepassword":
        return None
    for one in coverage(journal):
        if (one.stream, one.tenant) == (onepassword_edges.STREAM, source.tenant) and not one.gaps:
            return one.since_ms if one.since_ms <= world.now_ms else None
    return None


def _meant(
    made: MadeEdge, vault_id: str, holders: Holders, edges: Iterable[Edge]
) -> Iterator[Edge]:
    start = holders.get((made.holder_kind, made.holder_id))
    if made.membership:
        return (edge for edge in edges if (edge.start, edge.end) == (start, made.target_id))
    end = VAULT if made.target_id == vault_id else ""
    return (edge for edge in edges if (edge.start, edge.end) == (start, end))


# ---------------------------------------------------------------------- keyturn's own


def _journaled(
    journal: Journal, account_id: str, vault_id: str, holders: Holders, edges: Iterable[Edge]
) -> Iterator[Making]:
    every = tuple(edges)
    groups = {e.start for e in every if e.kind is EdgeKind.GROUP_GRANT}
    steps = {
        (step.run_id, step.intent): step
        for id_ in (account_id, *sorted(groups))
        for step in giving_steps(journal, id_)
    }
    for step in steps.values():
        for edge in _given(step, account_id, vault_id, holders, every):
            yield Making(edge.key, step.at_ms, step.operator, Known.JOURNAL, step.run_id)


def _given(
    step: DoneStep, account_id: str, vault_id: str, holders: Holders, edges: Iterable[Edge]
) -> Iterator[Edge]:
    intent = json.loads(step.intent)
    kind = intent.get("kind")
    if kind not in _GIVES or intent.get("side") != "secrets":
        return
    if kind == ChangeKind.ADD_MEMBERSHIP.value:
        if intent.get("account") == account_id:
            yield from (e for e in edges if (e.start, e.end) == (PERSON, intent.get("group")))
        return
    start = next(
        (node for (kind_, id_), node in holders.items()
         if (kind_.value, id_) == (intent.get("principal_kind"), intent.get("principal"))),
        None,
    )  # fmt: skip
    carrier = str(intent.get("carrier", ""))
    for edge in edges:
        if edge.end != VAULT or edge.start != start or vault_id not in intent.get("vaults", ()):
            continue
        # A grant that keyturn made is named by its vault; one it gave back by its carrier.
        if kind == ChangeKind.GRANT.value or edge_of(carrier) == edge_of(edge.carrier):
            yield edge
