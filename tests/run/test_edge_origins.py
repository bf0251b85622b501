"""Who made an edge, looked up in an archived audit log as 1Password writes it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.decide.worlds import DAY_MS, NOW_MS, Org, office

from keyturn.decide.edges import edges_between
from keyturn.decide.origins import Known, Origin
from keyturn.decide.world import World
from keyturn.run.edge_origins import origins
from keyturn_providers.onepassword.events.edges import made_edge
from keyturn_providers.records import Level, Side, SourceIdentity
from keyturn_storage.journal import Journal, open_journal
from keyturn_storage.queries.reader import Reader, open_reader
from keyturn_storage.stream_archive import begin_stream, store_page
from keyturn_storage.stream_rows import EventIn, PageIn

ACME = SourceIdentity("1password", "onepassword", Side.SECRETS, "ACME")


@pytest.fixture
def files(tmp_path: Path) -> Iterator[tuple[Reader, Journal]]:
    tmp_path.chmod(0o700)
    with (
        open_reader(tmp_path / "cache.db") as reader,
        open_journal(tmp_path / "journal.db") as journal,
    ):
        yield reader, journal


def _entry(number: int, action: str, kind: str, target: str, holder: str, by: str) -> EventIn:
    raw = {
        "uuid": f"E{number}", "timestamp": "2026-01-02T03:04:05Z", "action": action,
        "object_type": kind, "object_uuid": target, "aux_uuid": holder,
        "actor_details": {"uuid": "A", "name": by, "email": f"{by}@acme.example"},
    }  # fmt: skip
    vault = target if kind in {"uva", "gva"} else ""
    user = holder if kind in {"uva", "gm"} else ""
    return EventIn(
        f"E{number}", NOW_MS - number * DAY_MS, f"{action} {kind}", json.dumps(raw), user, vault
    )


def _archive(journal: Journal, *events: EventIn, stream: str = "audit events") -> None:
    state = begin_stream(journal, ACME, stream, NOW_MS)
    page = PageIn(tuple(events), state.position, "P1", NOW_MS, whole_ms=NOW_MS)
    store_page(journal, state.no, page)


def _world(org: Org) -> World:
    world = org.world()
    source = replace(world.secrets.snapshot.source, kind="onepassword", tenant="ACME")
    snapshot = replace(world.secrets.snapshot, source=source)
    return replace(world, secrets=replace(world.secrets, snapshot=snapshot))


def test_the_audit_log_names_who_made_each_edge(files: tuple[Reader, Journal]) -> None:
    reader, journal = files
    org = office()
    org.direct_grant(1, "prod", Level.READ)
    _archive(
        journal,
        _entry(1, "join", "gm", "sg-eng", "s1", "bridge"),
        _entry(2, "join", "gm", "sg-ops", "s1", "somebody else"),
        _entry(3, "grant", "uva", "v-prod", "s1", "t.ong"),
        _entry(4, "grant", "uva", "v-pay", "s1", "another vault"),
        _entry(5, "grant", "gva", "v-prod", "sg-eng", "r.silva"),
        _entry(6, "grant", "gva", "v-prod", "sg-ops", "another group"),
        _entry(7, "revoke", "uva", "v-prod", "s1", "no making"),
    )
    world = _world(org)
    edges = edges_between(world, org.who("d:d1"), "v-prod")
    found = origins(reader, journal, world, org.who("d:d1"), "v-prod", edges)
    said = {edge.kind.value: found[edge.key] for edge in edges}
    assert said == {
        "membership": Origin(Known.AUDIT, NOW_MS - DAY_MS, "bridge (bridge@acme.example)"),
        "direct grant": Origin(Known.AUDIT, NOW_MS - 3 * DAY_MS, "t.ong (t.ong@acme.example)"),
        "grant to a group": Origin(
            Known.AUDIT, NOW_MS - 5 * DAY_MS, "r.silva (r.silva@acme.example)"
        ),
    }


def test_other_streams_other_tenants_and_other_kinds_tell_nothing(
    files: tuple[Reader, Journal],
) -> None:
    reader, journal = files
    org = office()
    _archive(journal, _entry(1, "join", "gm", "sg-eng", "s1", "x"), stream="item usages")
    ana = org.who("d:d1")
    edges = edges_between(org.world(), ana, "v-prod")
    for world in (_world(org), org.world()):
        found = origins(reader, journal, world, ana, "v-prod", edges)
        assert set(found.values()) == {Origin(Known.BEFORE)}
    assert set(origins(reader, None, org.world(), ana, "v-prod", edges).values()) == {
        Origin(Known.BEFORE)
    }
    assert origins(reader, journal, org.world(), ana, "v-prod", ()) == {}


@pytest.mark.parametrize(
    ("action", "raw"),
    [
        ("suspend user", "{}"),
        ("join gm", "no JSON"),
        ("join gm", "[]"),
        ("join gm", "{}"),
        ("grant uva", json.dumps({"timestamp": "2026-01-02T03:04:05Z", "action": "grant",
                                  "object_type": "uva", "object_uuid": "v"})),
    ],
)  # fmt: skip
def test_what_tells_of_no_edge_is_passed_over(action: str, raw: str) -> None:
    assert made_edge(action, raw) is None
