"""Ways by keys through several screens, with a picture at most stops."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.tui.gates import Gate, hold
from tests.tui.moving import foreign_team
from tests.tui.plan_review import LOGIN
from tests.tui.simulated import Bench

from keyturn.run.progress import ListingProgress
from keyturn.tui.app import KeyturnApp
from keyturn_providers.abilities import Ability
from keyturn_providers.records import Collection, Grant, Level, PrincipalKind, Vault


async def _as_it_is(_bench: Bench) -> None:
    return None


def _nothing(_app: KeyturnApp, _bench: Bench) -> None:
    return None


@dataclass(frozen=True)
class Stop:
    """The keys that lead on, words that say one is there, and what its picture is called, "" for
    none. `running`: a job goes on there. `sizes` says at how many sizes: a box of at most 100 cells
    has the same form at the last two. `roomy`: not at 80x24, where the list is scrolled or not, as
    the line of a job stood below it or not when the cursor went down. `first` is done before the
    keys."""

    keys: tuple[str, ...]
    words: str
    picture: str = ""
    running: bool = False
    sizes: int = 3
    roomy: bool = False
    first: Callable[[KeyturnApp, Bench], None] = _nothing


@dataclass(frozen=True)
class Journey:
    """One way. `before` is done to the tenants and the files before the dashboard starts. `sizes`
    says at how many sizes: what has the form of a screen that is pictured anyway needs two."""

    name: str
    stops: tuple[Stop, ...]
    before: Callable[[Bench], Awaitable[None]] = _as_it_is
    sizes: int = 2


def box(keys: tuple[str, ...], words: str, picture: str) -> Stop:
    """A box before a screen."""
    return Stop(keys, words, picture, sizes=2)


async def _read(bench: Bench) -> None:
    await bench.engine.refresh(lambda _event: None, lambda: False)
    bench.watch.at_ms += 120_000


async def _vendors(bench: Bench) -> None:
    """Nobody but Dana manages Vendors; Ravi may write to it."""
    bench.pair.secrets.tenant.add(
        Vault("v-vendors", "Vendors"),
        *(
            Grant("v-vendors", PrincipalKind.ACCOUNT, account, level, f"account/{account}/vendors")
            for account, level in (("s-001", Level.MANAGE), ("s-002", Level.WRITE))
        ),
    )
    await _read(bench)


async def _moved(bench: Bench) -> None:
    bench.pair.secrets.tenant.join(foreign_team(bench), ["s-002"])
    await _read(bench)


@dataclass
class _Suspension:
    """Waits at the secret manager until it is let through, and the run is stopped before that."""

    gate: Gate = field(default_factory=Gate)

    def hold(self, _app: KeyturnApp, bench: Bench) -> None:
        self.gate = hold(bench, Ability.SUSPEND)

    def let_through(self, app: KeyturnApp, _bench: Bench) -> None:
        app.action_stop()
        self.gate.opened.set()


def _jobs(app: KeyturnApp, _bench: Bench) -> None:
    async def work(observe: Callable[[object], None], stop: Callable[[], bool]) -> None:
        observe(ListingProgress("okta", Collection.ACCOUNTS, "", 50, 200, 1))
        while not stop():  # noqa: ASYNC110 - a job asks, it is not told
            await asyncio.sleep(0.005)

    async def fail(_observe: object, _stop: object) -> None:
        raise OSError("disk full")

    _ = app.start("writing the evidence", fail, lambda _none: None)
    _ = app.start("reading both sources", work, lambda _none: None)


SUSPENSION = _Suspension()
PLAN = (Stop(("o",), "What leaving takes along"), Stop(("p",), "then type"))
RUN = (*PLAN, Stop(("c", *LOGIN, "enter"), "5 of 5 effective and logged", "run"))
JOURNEYS = (
    Journey("leaver", (
        *RUN,
        Stop(("U",), "Undo: Offboard Dana Okafor", "undo"),
        Stop(("escape",), "Verified.", "case"),
        Stop(("T",), "to change, ", "case-rotation", roomy=True),
        Stop(("enter",), "To change", "rotation"),
        Stop(("7",), "1 verified", "cases"),
        box(("K",), "Nothing came back", "recheck"),
        Stop(("escape", "3"), "ended, 5 of 5 done", "activity-after"),
    ), sizes=3),
    Journey("stop", (
        *PLAN,
        Stop(("c", *LOGIN, "enter"), "intended", "running", running=True, first=SUSPENSION.hold),
        Stop((), "Stopped.", "stopped", first=SUSPENSION.let_through),
        box(("X",), "Give up which step?", "give-up-which"),
        box(("enter",), "no run does it any more", "give-up"),
        Stop((*"it is her last day", "enter"), "is given up", "given-up"),
    )),
    Journey("vaults", (
        Stop(("o",), "! Blocked: ", "offboard-blocked"),
        box(("w",), "without a manager?", "waiver"),
        Stop(("escape",), "What leaving takes along"),
        box(("j", "enter"), "Who takes over Vendors?", "successor"),
        Stop(("escape", "p"), "d says who takes over", "plan-refused"),
    ), _vendors),
    Journey("leavers", (
        Stop(("space", "j", "j", "space", "j", "space", "o"), "Offboard 3 people"),
        Stop((), "Ravi Menon ("),
        Stop(("e",), "then type 3", "leavers-plan"),
        Stop(("c", "3", "enter"), "Ended.", "leavers-run"),
        Stop(("escape",), "3 of 3 verified"),
        Stop(("T",), "to change, ", "leavers-after", roomy=True),
        Stop(("enter",), "3 people: ", "leavers-rotation"),
    ), sizes=3),
    Journey("mover", (
        Stop(("j", "j", "j"), "Ravi Menon: active"),
        Stop(("m",), "The account stays active", "move"),
    ), _moved),
    Journey("jobs", (
        Stop((), "disk full", running=True, first=_jobs),
        Stop((), "50 of 200 accounts", "trouble", running=True),
        Stop(("J",), "running, 25%", "jobs", running=True, sizes=2),
        Stop(("x",), "ended"),
    )),
)  # fmt: skip
