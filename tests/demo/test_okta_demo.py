"""The demo and the drill on the simulated Okta and 1Password, read by the real connectors."""

import asyncio
import json
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from tests.demo import reading
from tests.real.token_hunt import hunt

from keyturn.cli import app
from keyturn.decide.guards_of_managers import managed_by_nobody_else
from keyturn.decide.words import DriftKind
from keyturn.demo.drill import seen
from keyturn.demo.okta_onepassword.session import DemoSession, demo_session
from keyturn.demo.okta_onepassword.slips import LEAVERS
from keyturn.demo.people import DOMAIN
from keyturn.run.assess import Assessment
from keyturn.run.clock import system_clock
from keyturn.run.persons import find_person
from keyturn_providers.records import Side
from keyturn_providers.simulated.onepassword import inspection as onepassword
from keyturn_storage.journal import open_journal
from keyturn_storage.queries.coverage import coverage

_DAY_MS = 86_400_000
NOT_SHOWN: frozenset[DriftKind] = frozenset()
"""Every kind there is can be shown on Okta and 1Password, and is."""


@pytest.fixture(scope="module")
def session() -> Iterator[DemoSession]:
    with demo_session() as running:
        yield running


@pytest.fixture(scope="module")
def decided(session: DemoSession) -> Assessment:
    return asyncio.run(reading.decided(session.places))


def test_every_kind_of_drift_is_there_and_the_list_stays_readable(
    decided: Assessment,
) -> None:
    kinds = Counter(finding.kind for finding in decided.findings)
    assert set(kinds) == set(DriftKind) - NOT_SHOWN
    assert max(kinds.values()) <= 9
    assert 30 <= len(decided.findings) <= 60
    assert all(finding.remedy or finding.remedy_words for finding in decided.findings)


def test_the_leaver_is_out_in_okta_and_still_in_in_1password(
    decided: Assessment, session: DemoSession
) -> None:
    person = find_person(decided.world, session.leaver_email)
    assert person.secrets is not None
    assert person.secrets.id == session.leaver_account_id
    kinds = {finding.kind for finding in decided.findings if finding.person == person.key}
    assert {DriftKind.LEAVER_ACTIVE, DriftKind.DIRECT_GRANT} <= kinds


def test_a_leaver_is_the_last_who_manages_a_vault(decided: Assessment) -> None:
    person = find_person(decided.world, f"tomasz.wisniewski@{DOMAIN}")
    assert person.directory is not None
    assert person.secrets is not None
    assert person.directory.state.is_off
    alone = managed_by_nobody_else(decided.world, frozenset({person.secrets.id}))
    assert [decided.world.secrets.vault_name(one) for one in alone] == ["Billing Ops"]


def test_two_years_of_events_are_archived_without_a_gap(session: DemoSession) -> None:
    with open_journal(session.places.journal, read_only=True) as journal:
        streams = coverage(journal)
    assert {one.stream for one in streams} == {"audit events", "item usages", "sign-in attempts"}
    assert all(not one.gaps for one in streams)
    oldest = min(one.oldest_ms for one in streams if one.oldest_ms is not None)
    assert system_clock().now_ms() - oldest > 700 * _DAY_MS


def test_the_tokens_are_in_no_file_of_keyturn(session: DemoSession) -> None:
    files = [path for path in session.places.data.rglob("*") if path.is_file()]
    content = b"".join(path.read_bytes() for path in (*files, session.places.config))
    for secret in session.environment.values():
        assert secret.get_secret_value().encode() not in content


def test_nobody_else_was_touched_in_the_module_demo(session: DemoSession) -> None:
    """Reading changes nothing: the log of the tenant has no change since it was filled."""
    assert not onepassword.happened(session.onepassword, "suspend", "user")[len(LEAVERS) :]


def test_the_drill_is_come_through_and_leaves_no_credential_behind(
    session: DemoSession, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """On the demo that runs already, and so the last of these: that it starts and ends one of its
    own is seen of the demo's check, which CI runs on the installed wheel."""

    @contextmanager
    def running(_: Callable[[str], None]) -> Iterator[DemoSession]:
        yield session

    monkeypatch.setattr("keyturn.demo.okta_onepassword.session.demo_session", running)
    before = signal.getsignal(signal.SIGTERM)
    try:
        code = app.run(["drill", "--check", "--json"])
    finally:
        signal.signal(signal.SIGTERM, before)
    said = capfd.readouterr()
    assert code == 0, said.err + said.out
    assert json.loads(said.out) == {"passed": True, "exit_code": 0}
    reads = seen.reads_of(session, Side.SECRETS)
    assert {one.complete for one in reads} == {True, False}
    assert [one.began_ms for one in reads] == sorted(one.began_ms for one in reads)
    held = {name: one.get_secret_value() for name, one in session.environment.items()}
    assert len(held) == 4
    assert hunt(session.places.data, held) == []
    for name, value in held.items():
        assert value not in said.out + said.err, name
