"""The demo's organisation shows every kind of drift, and its check does the whole main job.

The tests share one pair of servers; the one that offboards the leaver comes last.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.demo.reading import decided

from keyturn.decide.findings import Finding
from keyturn.decide.words import DriftKind
from keyturn.demo.openbao.check import run_check
from keyturn.demo.openbao.config_file import DIRECTORY_TOKEN, SECRETS_TOKEN
from keyturn.demo.openbao.leaver_token import log_in, may_log_in, opens
from keyturn.demo.openbao.organisation import ENTITY_GRANTS, LOGIN_GRANTS
from keyturn.demo.openbao.session import DemoSession, demo_session
from keyturn.demo.people import LEAVER
from keyturn.policy.load import load_policy
from keyturn.run.apply import apply
from keyturn.run.clock import system_clock
from keyturn.run.connections import open_connections
from keyturn.run.persons import find_person
from keyturn.run.planning import plan_sync
from keyturn.settings import Places
from keyturn_providers.abilities import Reactivates, able
from keyturn_storage.journal import open_journal
from keyturn_storage.snapshots import open_cache

pytestmark = pytest.mark.real

# Every kind that SCIM and OpenBao can show is in the organisation: OpenBao invites nobody, and a
# SCIM server does not tell what it pushes.
NOT_SHOWN = frozenset({DriftKind.STUCK_INVITE, DriftKind.PUSH_FAILED})


@pytest.fixture(scope="module")
def told() -> list[str]:
    return []


@pytest.fixture(scope="module")
def session(told: list[str]) -> Iterator[DemoSession]:
    with demo_session(told.append) as running:
        yield running


def fresh(session: DemoSession, folder: Path, *, config: str | None = None) -> DemoSession:
    """The same servers with other data files and, where given, another configuration."""
    path = folder / "keyturn.yaml"
    path.write_text(config or session.places.config.read_text(encoding="utf-8"), encoding="utf-8")
    data = folder / "data"
    data.mkdir(mode=0o700)
    return replace(session, places=Places(config=path, data=data))


async def test_every_kind_of_drift_is_there_and_the_list_stays_readable(
    session: DemoSession, tmp_path: Path
) -> None:
    findings = (await decided(fresh(session, tmp_path).places)).findings
    kinds = Counter(finding.kind for finding in findings)
    assert set(kinds) == set(DriftKind) - NOT_SHOWN
    assert max(kinds.values()) <= 5
    assert 25 <= len(findings) <= 40
    assert all(finding.remedy or finding.remedy_words for finding in findings)


async def test_the_leaver_has_all_that_an_offboarding_cuts(
    session: DemoSession, tmp_path: Path
) -> None:
    assessment = await decided(fresh(session, tmp_path).places)
    person = find_person(assessment.world, session.leaver.email)
    assert person.secrets is not None
    assert person.secrets.id == session.leaver.entity_id
    theirs = Counter(f.kind for f in assessment.findings if f.person == person.key)
    assert theirs == {
        DriftKind.LEAVER_ACTIVE: 1,
        DriftKind.DIRECT_GRANT: len(ENTITY_GRANTS[LEAVER]) + len(LOGIN_GRANTS[LEAVER]),
        DriftKind.MEMBERSHIP_NOT_IN_DIRECTORY: 1,
    }


async def test_a_hostile_name_is_shown_as_pictures(session: DemoSession, tmp_path: Path) -> None:
    findings = (await decided(fresh(session, tmp_path).places)).findings
    hostile = [f for f in findings if f.kind is DriftKind.HOSTILE_NAME]
    assert hostile
    assert all(text.isprintable() for one in hostile for text in _texts(one))


def _texts(finding: Finding) -> tuple[str, ...]:
    return finding.subject.name, finding.words, finding.remedy_words


def test_a_session_is_described_and_its_tokens_are_in_the_environment_only(
    session: DemoSession, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(told) == 2
    assert set(session.environment) == {DIRECTORY_TOKEN, SECRETS_TOKEN}
    for name, token in session.environment.items():
        assert os.environ[name] == token.get_secret_value()
        assert token.get_secret_value() not in repr(session)
        assert token.get_secret_value() not in session.places.config.read_text(encoding="utf-8")
    assert session.places.config.stat().st_mode & 0o777 == 0o600
    assert session.places.data.stat().st_mode & 0o777 == 0o700


async def test_the_root_token_is_gone_and_a_stranger_opens_nothing(session: DemoSession) -> None:
    token = session.environment[SECRETS_TOKEN]
    assert await opens(session.secrets_url, token, session.vault) == 403
    log = session.audit_log.read_text(encoding="utf-8")
    assert '"path":"auth/token/revoke-self"' in log


def test_a_guard_that_refuses_is_told_and_nothing_is_changed(
    session: DemoSession, tmp_path: Path
) -> None:
    config = session.places.config.read_text(encoding="utf-8")
    guarded = config.replace("never_touch: [", f"never_touch: [{session.leaver.email}, ")
    assert guarded != config
    out: list[str] = []
    assert run_check(fresh(session, tmp_path, config=guarded), out.append) == 4
    assert out[-1].startswith("FAILED: a guard refuses the plan")
    assert any("REFUSED: never touch" in line for line in out)


async def test_the_leaver_is_still_in(session: DemoSession) -> None:
    leaver = session.leaver
    assert await may_log_in(session.secrets_url, leaver.login, leaver.password)
    token = await log_in(session.secrets_url, leaver.login, leaver.password)
    assert await opens(session.secrets_url, token, session.vault) == 200


def test_a_source_that_cannot_be_read_is_told(session: DemoSession, tmp_path: Path) -> None:
    config = session.places.config.read_text(encoding="utf-8")
    elsewhere = config.replace(session.directory_url, "http://127.0.0.1:9/v2")
    out: list[str] = []
    assert run_check(fresh(session, tmp_path, config=elsewhere), out.append) == 3
    assert out[-1] == "FAILED: a source was not read completely."


def test_the_check_passes(session: DemoSession, tmp_path: Path) -> None:
    out: list[str] = []
    assert run_check(session, out.append) == 0, "\n".join(out)
    text = "\n".join(out)
    assert f"  the leaver's own token on {session.vault}: 200" in out
    assert f"  the leaver's own token on {session.vault}: 403" in out
    assert out.index(f"  the leaver's own token on {session.vault}: 200") < out.index(
        f"  the leaver's own token on {session.vault}: 403"
    )
    assert "  a new login: refused" in out
    assert "  keyturn resume: nothing is open" in out
    for kind in set(DriftKind) - NOT_SHOWN:
        assert kind.value in text
    assert "effective and logged" in text
    assert text.replace("\n", "").isprintable()

    again: list[str] = []
    assert run_check(fresh(session, tmp_path), again.append) == 5
    assert "so there is no leaver" in again[-1]

    asyncio.run(the_rest_is_mended(session))

    asyncio.run(let_in_again(session))
    (tmp_path / "third").mkdir()
    empty = tmp_path / "empty.log"
    empty.touch()
    blind = replace(fresh(session, tmp_path / "third"), audit_log=empty)
    third: list[str] = []
    assert run_check(blind, third.append) == 5
    assert third[-1].startswith("FAILED: not in OpenBao's audit log: Suspend Dana Okafor")


async def the_rest_is_mended(session: DemoSession) -> None:
    """One sync mends all that keyturn can mend. A group whose level is too high keeps the right
    one: what narrows must not take away."""
    loaded, clock = load_policy(session.places.config), system_clock()
    connections = open_connections(loaded)
    try:
        with (
            open_cache(session.places.cache) as cache,
            open_journal(session.places.journal) as journal,
        ):
            plan = await plan_sync(connections, cache, journal, loaded=loaded, clock=clock)
            result = await apply(
                plan,
                connections,
                journal,
                loaded=loaded,
                observe=lambda _: None,
                stop=lambda: False,
                clock=clock,
                operator="test",
                confirmed=plan.confirm_with,
            )
    finally:
        await connections.aclose()
    assert result.effective, result.words
    mended = {id_ for step in result.steps for id_ in step.operation.finding_ids}
    assert len(mended) >= 10
    after = await decided(session.places)
    assert not mended & {finding.id for finding in after.findings}
    kinds = {finding.kind for finding in after.findings}
    assert not kinds & {
        DriftKind.MISSING_GRANT,
        DriftKind.PERMISSIONS_WIDER,
        DriftKind.PERMISSIONS_NARROWER,
        DriftKind.GRANT_NOT_IN_POLICY,
        DriftKind.DIRECT_GRANT,
    }


async def let_in_again(session: DemoSession) -> None:
    """As by somebody else: the leaver's entity is enabled again."""
    connections = open_connections(load_policy(session.places.config))
    try:
        writer = able(connections.secrets.writer(), Reactivates)
        await writer.reactivate(session.leaver.entity_id, "by-somebody-else")
    finally:
        await connections.aclose()
