"""The simulated pair behind the dashboard's real engine: what screens do, done to two tenants."""

from collections.abc import Callable
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field, replace
from pathlib import Path

from keyturn.decide.rules import GrantRule, Limits, Mapping, NamedId, Rules
from keyturn.run.clock import Clock
from keyturn.run.connections import Connections
from keyturn.run.deep_links import Link
from keyturn.run.progress import StepChanged
from keyturn.tui.app import KeyturnApp
from keyturn.tui.cache_data import CacheData
from keyturn.tui.parts import Parts
from keyturn.tui.run_engine import RunEngine
from keyturn_providers.abilities import Ability
from keyturn_providers.records import MachineIdentity, Side
from keyturn_providers.simulated import Pair, simulated_pair
from keyturn_providers.simulated.faults import Effect, Fault

START_MS = 1_800_000_000_000
DAY_MS = 86_400_000
GENEROUS = Limits(removals_count=100, removals_share=1.0, removals_per_day=1000)


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy without a file."""

    rules: Rules
    read_only: bool = False
    organisation: str = "acme"


@dataclass(slots=True)
class SimulatedDoors:
    """Opens the pair again for every job; both tenants live as long as the pair."""

    pair: Pair
    policy: Policy
    opened: int = 0

    def load(self) -> Policy:
        return self.policy

    def reached(self, loaded: object, side: Side) -> tuple[str, str, MappingOf[str, object]]:
        if side is Side.DIRECTORY:
            return "okta", "okta", {"url": "https://acme.okta.com"}
        return "openbao", "openbao", {"url": "https://bao.acme.example:8200"}

    def connect(
        self, loaded: object, *, read_only: bool, observe: Callable[[object], None]
    ) -> Connections:
        self.opened += 1
        for connector in (self.pair.directory, self.pair.secrets):
            connector.remote.observe = observe
        return Connections(
            replace(self.pair.directory, read_only=read_only),
            replace(self.pair.secrets, read_only=read_only),
            read_only,
        )


@dataclass(slots=True)
class Watch:
    """A clock that moves only by being looked at or slept on."""

    at_ms: int = START_MS
    slept: list[float] = field(default_factory=list)

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at_ms += int(seconds * 1000)

    def now(self) -> int:
        """The time, a millisecond later each time."""
        self.at_ms += 1
        return self.at_ms

    def clock(self) -> Clock:
        return Clock(now_ms=self.now, sleep=self._sleep)


def rules_of(pair: Pair) -> Rules:
    """The policy that goes with the pair."""
    return Rules(
        mappings=tuple(
            Mapping(NamedId(group, name), (GrantRule(NamedId(vault, vault_name), level),))
            for group, name, vault, vault_name, level in pair.mappings
        ),
        limits=GENEROUS,
        digest="0" * 64,
    )


@dataclass(slots=True)
class Bench:
    """A pair, its files, and apps over them."""

    data: Path
    pair: Pair
    doors: SimulatedDoors
    watch: Watch
    stores: list[CacheData] = field(default_factory=list)
    apps: list[KeyturnApp] = field(default_factory=list)

    @property
    def engine(self) -> RunEngine:
        return RunEngine(self.doors, self.data, clock=self.watch.clock)

    def app(
        self,
        *,
        read_only: bool = False,
        person: str = "",
        read_first: bool = False,
        link: Link | None = None,
        many: int | None = None,
    ) -> KeyturnApp:
        """A dashboard over the files as they are."""
        store = CacheData(
            self.data / "cache.db", self.watch.now, lambda: self.doors.load().rules, lambda: DAY_MS
        )
        self.stores.append(store)
        engine = RunEngine(
            self.doors, self.data, read_only=read_only, clock=self.watch.clock, many=many
        )
        app = KeyturnApp(
            Parts(
                store.reads, store, lambda: engine, self.data, self.watch.now,
                read_only=read_only, person=person, read_first=read_first, link=link,
            )
        )  # fmt: skip
        self.apps.append(app)
        return app

    def close(self) -> None:
        """Closes what the apps read with, and asks the jobs to end that a test left behind when
        it failed: their threads would keep the tests from ending."""
        for app in self.apps:
            app.jobs.stop()
        for store in self.stores:
            store.reads.close()


def bench(data: Path, *, people: int = 15) -> Bench:
    """An organisation of `people` in simulated tenants, nothing read yet."""
    pair = simulated_pair(people=people)
    return Bench(data, pair, SimulatedDoors(pair, Policy(rules_of(pair))), Watch())


async def with_machines(bench: Bench) -> None:
    """Dana left; Ravi is here; nobody owns the third."""
    secrets = bench.pair.secrets.tenant
    secrets.machines.clear()
    dana = next(a.id for a in secrets.accounts.values() if a.display_name == "Dana Okafor")
    ravi = next(a.id for a in secrets.accounts.values() if a.display_name == "Ravi Menon")
    secrets.add(
        MachineIdentity(
            "m-1", "invoice-sync", "API token", owner_account_id=dana, created_ms=START_MS - DAY_MS,
            expires_ms=START_MS + 30 * DAY_MS, last_used_ms=START_MS - 9 * DAY_MS,
            scopes=("users.read", "groups.read"), dies_with_owner=True,
        )
    )  # fmt: skip
    secrets.add(MachineIdentity("m-2", "k8s-prod", "Connect token", owner_account_id=ravi))
    secrets.add(MachineIdentity("m-3", "terraform", "service account", note="runs nightly"))
    await bench.engine.refresh(lambda _event: None, lambda: False)


async def stopped_run(bench: Bench) -> None:
    """Dana's offboarding, refused in part and stopped before its end."""
    bench.pair.secrets.faults.add(Fault(Effect.NOT_ALLOWED, Ability.SUSPEND))
    moved: list[object] = []
    plan = await bench.engine.plan_offboard("d:d-001")
    ended = await bench.engine.apply(
        plan, plan.confirm_with, moved.append, lambda: sum(map(_is_step, moved)) > 3
    )
    assert ended.state == "stopped"


def _is_step(event: object) -> bool:
    return isinstance(event, StepChanged)
