"""A small organisation on Okta and 1Password, served on loopback, with somebody who leaves.

Dana is in two groups that Okta pushes (one of them fails), in one of 1Password's own, and holds a
vault directly: putting her out takes every kind of change that an offboarding has there.
"""

import asyncio
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
from starlette.types import ASGIApp
from tests.providers.simulated_onepassword.small_tenant import Op
from tests.real.leaver_tenants import (
    DANA,
    ENG,
    ENG_OKTA,
    PLAIN_TOKENS,
    PROD,
    Tokens,
    okta_seed,
    onepassword_seed,
)

from keyturn.decide.findings import Change, ChangeKind
from keyturn.decide.plans import Plan
from keyturn.policy.load import load_policy
from keyturn.policy.loaded import LoadedPolicy
from keyturn.run.apply import apply
from keyturn.run.clock import Clock, system_clock
from keyturn.run.connections import Connections, open_connections
from keyturn.run.planning import plan_offboard
from keyturn.run.progress import Event, StepChanged
from keyturn.run.recover import resume
from keyturn.run.refresh import refresh
from keyturn.run.results import RunResult, StepResult
from keyturn_providers.contract import About, Connector
from keyturn_providers.records import Side
from keyturn_providers.simulated.okta import behaviour
from keyturn_providers.simulated.okta.application import app as okta_app
from keyturn_providers.simulated.okta.manners import BUCKETS
from keyturn_providers.simulated.okta.seeding import create as create_okta
from keyturn_providers.simulated.okta.seeding import seed as seed_okta
from keyturn_providers.simulated.onepassword import inspection
from keyturn_providers.simulated.onepassword.bridge import bridge_app
from keyturn_providers.simulated.onepassword.events_api import events_app
from keyturn_providers.simulated.onepassword.op_program import daemon
from keyturn_providers.simulated.onepassword.schema import create as create_onepassword
from keyturn_providers.simulated.onepassword.seeding import seed as seed_onepassword
from keyturn_providers.simulated.onepassword.users_api import users_app
from keyturn_providers.simulated.wire.serving import serve_in_thread
from keyturn_providers.simulated.wire.windows import set_limit
from keyturn_storage.journal import Journal, open_journal
from keyturn_storage.snapshots import Cache, open_cache

OKTA_TOKEN, BRIDGE_TOKEN, USERS_SECRET, EVENTS_TOKEN = (
    "LEAVER_OKTA_TOKEN",
    "LEAVER_BRIDGE_TOKEN",
    "LEAVER_USERS_SECRET",
    "LEAVER_EVENTS_TOKEN",
)
"""The variables that keyturn.yaml names."""

STEPS = (
    "okta suspend",
    "okta end all sessions",
    "1password suspend",
    "okta leave eng",
    "okta leave pay",
    "1password leave old-billing",
    "1password leave pay",
    "1password revoke Billing",
    "okta deactivate",
)
"""What the plan for Dana consists of."""
SESSIONS = "okta end all sessions"
"""The one step whose effect Okta shows only in part: tokens, and no browser sessions."""


@dataclass(frozen=True, slots=True)
class Hurried:
    """A connector whose source is given less time than the real one: for its audit log to have
    what was done, and for its reads to show it."""

    inner: Connector
    audit_lag_s: float

    async def about(self) -> About:
        told = await self.inner.about()
        return replace(told, audit_lag_s=self.audit_lag_s, consistency_delay_s=0.2)

    def reader(self) -> object:
        return self.inner.reader()

    def writer(self) -> object:
        return self.inner.writer()

    async def aclose(self) -> None:
        await self.inner.aclose()


def _watch_nothing(_: StepChanged) -> None:
    return None


async def _short(seconds: float) -> None:
    await asyncio.sleep(min(seconds, 0.05))


@dataclass(frozen=True, slots=True)
class Work:
    """One process of keyturn: its configuration, open sources and data files."""

    loaded: LoadedPolicy
    connections: Connections
    cache: Cache
    journal: Journal
    clock: Clock

    async def plan(self, who: str = DANA) -> Plan:
        """Reads both sources whole, then plans the offboarding."""
        report = await refresh(
            self.connections,
            self.cache,
            observe=lambda _: None,
            stop=lambda: False,
            clock=self.clock,
        )
        assert report.complete, (report.directory.words, report.secrets.words)
        return await plan_offboard(
            who, self.connections, self.cache, self.journal, loaded=self.loaded, clock=self.clock
        )

    async def apply(
        self,
        plan: Plan,
        *,
        wait_s: float = 10.0,
        watch: Callable[[StepChanged], None] = _watch_nothing,
    ) -> RunResult:
        """Applies it; `watch` is told of every step as it changes, before anything else is done."""

        def observe(event: Event) -> None:
            if isinstance(event, StepChanged):
                watch(event)

        return await apply(
            plan,
            self.connections,
            self.journal,
            loaded=self.loaded,
            observe=observe,
            stop=lambda: False,
            clock=self.clock,
            operator="test",
            confirmed=plan.confirm_with,
            audit_wait_s=wait_s,
        )

    async def resume(self, *, wait_s: float = 10.0) -> RunResult:
        """Goes on with the one run that is open."""
        (result,) = await resume(
            self.journal,
            self.connections,
            loaded=self.loaded,
            observe=lambda _: None,
            stop=lambda: False,
            clock=self.clock,
            operator="test",
            audit_wait_s=wait_s,
        )
        return result


@dataclass(frozen=True, slots=True)
class LeaverOrg:
    """Both tenants' files, where they are served, and the folder of keyturn's own files."""

    folder: Path
    okta: Path
    onepassword: Path
    okta_url: str
    bridge_url: str
    users_url: str
    events_url: str
    tokens: Tokens

    @property
    def environment(self) -> dict[str, str]:
        """What keyturn.yaml's `token_env` name, with its values."""
        return {
            OKTA_TOKEN: self.tokens.okta,
            BRIDGE_TOKEN: self.tokens.bridge,
            USERS_SECRET: self.tokens.users,
            EVENTS_TOKEN: inspection.events_token(self.onepassword, self.events_url),
        }

    def config(self, *, op: bool = True) -> Path:
        """Writes keyturn.yaml; without `op` there are only the surfaces over HTTP."""
        path = self.folder / "keyturn.yaml"
        path.write_text(_config(self, op=op), encoding="utf-8")
        return path

    @asynccontextmanager
    async def work(
        self, *, lag_s: float = 20.0, op: bool = True, nap: bool = True
    ) -> AsyncIterator[Work]:
        """keyturn, started on it. The audit logs get `lag_s` to have what was done; waits are cut
        short, and without `nap` there are none at all."""
        loaded = load_policy(self.config(op=op))
        opened = open_connections(loaded, environ=self.environment)
        connections = Connections(Hurried(opened.directory, lag_s), Hurried(opened.secrets, lag_s))
        data = self.folder / "data"
        data.mkdir(mode=0o700, exist_ok=True)
        clock = replace(system_clock(), sleep=_short if nap else lambda _: asyncio.sleep(0))
        try:
            with open_cache(data / "cache.db") as cache, open_journal(data / "j.db") as journal:
                yield Work(loaded, connections, cache, journal, clock)
        finally:
            await opened.aclose()

    def keep(self) -> None:
        """Keeps both tenants as they are now, for `as_kept`."""
        for path in (self.okta, self.onepassword):
            _copy(path, path.with_suffix(".kept"))

    def as_kept(self, folder: Path) -> "LeaverOrg":
        """Both tenants as they were kept, under the same addresses, and `folder` for keyturn."""
        for path in (self.okta, self.onepassword):
            _copy(path.with_suffix(".kept"), path)
        return replace(self, folder=folder)

    def as_admin(self) -> httpx.Client:
        """Okta's API, as an administrator in its console uses it."""
        return httpx.Client(
            base_url=self.okta_url, headers={"Authorization": f"SSWS {self.tokens.okta}"}
        )

    def as_provisioning(self) -> httpx.Client:
        """The bridge, as the directory's provisioning uses it."""
        return httpx.Client(
            base_url=self.bridge_url, headers={"Authorization": f"Bearer {self.tokens.bridge}"}
        )

    def op(self) -> Op:
        """The command `op`, for whoever is signed in."""
        return Op(self.onepassword)


@contextmanager
def leaver_org(
    folder: Path,
    tokens: Tokens = PLAIN_TOKENS,
    *,
    before_okta: Callable[[ASGIApp], ASGIApp] = lambda app: app,
) -> Iterator[LeaverOrg]:
    """The organisation, new in `folder`, served until the block ends. `before_okta` may put
    something between Okta and who asks it."""
    okta, onepassword = folder / "okta.db", folder / "onepassword.db"
    create_okta(okta)
    for bucket in BUCKETS:  # rate limits have tests of their own
        set_limit(okta, bucket, 100_000)
    seed_okta(okta, okta_seed(tokens))
    create_onepassword(onepassword)
    seed_onepassword(onepassword, onepassword_seed(tokens))
    apps: list[tuple[ASGIApp, int]] = [
        (before_okta(okta_app(okta)), 0),
        (bridge_app(onepassword), 0),
        (users_app(onepassword), 0),
        (events_app(onepassword), 0),
    ]
    with (
        serve_in_thread(apps) as (okta_url, bridge, users, events),
        daemon.running(onepassword),
    ):
        behaviour.push_to(okta, f"{bridge}/scim", tokens.bridge)
        yield LeaverOrg(
            folder, okta, onepassword, okta_url, f"{bridge}/scim", users, events, tokens
        )


def _copy(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)


def label(change: Change) -> str:
    """What a step does, as in `STEPS`."""
    source = "okta" if change.side is Side.DIRECTORY else "1password"
    match change.kind:
        case ChangeKind.REMOVE_MEMBERSHIP:
            assert change.group is not None
            return f"{source} leave {change.group.name}"
        case ChangeKind.REVOKE:
            return f"{source} revoke {', '.join(vault.name for vault in change.vaults)}"
        case _:
            return f"{source} {change.kind.value.replace('_', ' ')}"


def steps(result: RunResult) -> dict[str, StepResult]:
    """The steps of a run by what they do."""
    return {label(step.operation.change): step for step in result.steps}


def verdicts(result: RunResult) -> dict[str, str]:
    """The verdict of every step."""
    return {name: step.verdict for name, step in steps(result).items()}


def _config(org: LeaverOrg, *, op: bool) -> str:
    program = [sys.executable, "-S", "-E", str(inspection.op_program())]
    program += ["--state", str(org.onepassword)]
    command = ", ".join(f'"{word}"' for word in program)
    of_op = (
        f"  account: acme.1password.com\n  op: {{command: [{command}], pace_writes_s: 0}}\n"
        if op
        else ""
    )
    return f"""version: 1
organisation: Acme
directory:
  kind: okta
  url: {org.okta_url}
  token_env: {OKTA_TOKEN}
  app: 1Password
secrets:
  kind: onepassword
{of_op}  bridge: {{url: {org.bridge_url}, token_env: {BRIDGE_TOKEN}}}
  users_api:
    url: {org.users_url}
    account_id: {inspection.account_id(org.onepassword)}
    client_id: keyturn
    token_env: {USERS_SECRET}
  events: {{url: {org.events_url}, token_env: {EVENTS_TOKEN}}}
mappings:
  - group: {{id: {ENG_OKTA}, name: eng}}
    secrets_group: {{id: {ENG}, name: eng}}
    grants: [{{vault: {{id: {PROD}, name: Platform Prod}}, permissions: read}}]
limits: {{removals: {{count: 20, share: 100%, per_day: 50}}, snapshot_age: 15m}}
allow: {{deactivate: true}}
"""
