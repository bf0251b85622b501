"""Reads a simulated organisation of 10,000 users and 500 groups into a cache, and times it.

`uv run python -m tests.bench.refresh_okta [--latency 0.1] [--times 3] [--profile]`. The
organisation is served by a process of its own, which answers each request after that many seconds.
Counted is the whole refresh of the directory: asking, validating, staging, sealing. The bound is
what the latency alone allows: 50 pages of users hang on one another, and 551 requests at 16 at a
time. At 20 ms the processor decides, so a fixed loop is timed around each refresh: virtual machines
differ by half from one minute to the next, and figures are to be compared at the same speed.
"""

import argparse
import asyncio
import cProfile
import os
import pstats
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from keyturn.run.clock import Clock
from keyturn.run.connections import Connections
from keyturn.run.progress import never
from keyturn.run.refresh import refresh
from keyturn_providers.contract import (
    RequestSeen,
    Surroundings,
    Waiting,
)
from keyturn_providers.okta import PROVIDER
from keyturn_providers.simulated import simulated_pair
from keyturn_providers.simulated.okta.manners import BUCKETS
from keyturn_providers.simulated.okta.seeding import (
    OktaApiToken,
    OktaGroup,
    OktaSeed,
    OktaUser,
    create,
    seed,
)
from keyturn_providers.simulated.wire import request_log
from keyturn_providers.simulated.wire.state import set_latency
from keyturn_providers.simulated.wire.windows import set_limit
from keyturn_storage.snapshots import open_cache

USERS, GROUPS, MEMBERS, PAGE, PARALLEL = 10_000, 500, 40, 200, 16
SECRET = "00-bench"


@dataclass(frozen=True)
class Run:
    """One refresh. `process_s` is the time on the processor of this process alone."""

    wall_s: float
    process_s: float
    requests: int
    waits: int
    rows: int
    complete: bool
    words: str


def fill(state: Path) -> None:
    """The organisation: one admin who owns the token, and everybody else."""
    create(state)
    logins = [f"user{number:05d}@acme.example" for number in range(USERS)]
    seed(
        state,
        OktaSeed(
            users=(
                OktaUser(logins[0], "Root", "Admin", roles=("SUPER_ADMIN",)),
                *(OktaUser(login, "Ada", f"Byron {login[4:9]}") for login in logins[1:]),
            ),
            groups=tuple(
                OktaGroup(
                    f"group-{number:03d}",
                    members=tuple(logins[(number * 19 + n) % USERS] for n in range(MEMBERS)),
                )
                for number in range(GROUPS)
            ),
            api_tokens=(OktaApiToken("keyturn", logins[0], SECRET),),
        ),
    )
    for name in BUCKETS:
        set_limit(state, name, 10_000_000)


@contextmanager
def served(state: Path) -> Iterator[str]:
    """The organisation in a process of its own."""
    command = [sys.executable, "-m", "keyturn_providers.simulated.okta", str(state), "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield next(word for word in process.stdout.readline().split() if "http" in word)
        finally:
            process.terminate()
            process.wait()
            spent = resource.getrusage(resource.RUSAGE_CHILDREN)
            print(f"the organisation's process took {spent.ru_utime + spent.ru_stime:.2f} s in all")


async def one_refresh(url: str, folder: Path) -> Run:
    """Into an empty cache; the other side is a small tenant in memory."""
    requests = waits = 0

    def observe(seen: RequestSeen | Waiting) -> None:
        nonlocal requests, waits
        requests += isinstance(seen, RequestSeen)
        waits += isinstance(seen, Waiting)

    surroundings = Surroundings(secret=lambda: SecretStr(SECRET), observe=observe)
    connector = PROVIDER.open("okta", PROVIDER.settings.model_validate({"url": url}), surroundings)
    clock = Clock(now_ms=lambda: int(time.time() * 1000), sleep=asyncio.sleep)
    with open_cache(folder / "cache.db") as cache:
        connections = Connections(connector, simulated_pair().secrets)
        began, began_cpu = time.perf_counter(), time.process_time()
        report = await refresh(connections, cache, observe=lambda _: None, stop=never, clock=clock)
        wall, spent = time.perf_counter() - began, time.process_time() - began_cpu
        snapshot = report.directory.snapshot
        rows = len(cache.load(snapshot.id).memberships) if snapshot else 0
    await connector.aclose()
    side = report.directory
    return Run(wall, spent, requests, waits, rows, side.complete, side.words)


def speed_ms() -> float:
    """How long a fixed loop takes on the processor just now."""
    began = time.process_time()
    for number in range(500_000):
        number * number % 7
    return (time.process_time() - began) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--latency", type=float, default=0.1)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--sort", default="tottime")
    chosen = parser.parse_args()
    latency: float = chosen.latency
    pages = USERS // PAGE
    bound = max(pages * latency, (pages + 1 + GROUPS) * latency / PARALLEL)
    with tempfile.TemporaryDirectory() as name:
        state = Path(name) / "okta.db"
        began = time.perf_counter()
        fill(state)
        set_latency(state, latency)
        print(f"filled in {time.perf_counter() - began:.1f} s; load {os.getloadavg()[0]:.1f}")
        aim = 2.5 if latency == 0.02 else 1.25 * bound + 1
        print(f"bound at {latency * 1000:.0f} ms: {bound:.2f} s; aim {aim:.2f} s")
        with served(state) as url:
            profile = cProfile.Profile(time.process_time)
            for number in range(chosen.times):
                folder = Path(name) / str(number)
                folder.mkdir(mode=0o700)
                request_log.forget(state)
                if chosen.profile:
                    profile.enable()
                before_ms = speed_ms()
                run = asyncio.run(one_refresh(url, folder))
                loop_ms = (before_ms + speed_ms()) / 2
                profile.disable()
                ratio = run.wall_s / max(bound, 0.01)
                print(
                    f"wall {run.wall_s:6.2f} s  ratio {ratio:5.2f}  this process"
                    f" {run.process_s:5.2f} s  loop {loop_ms:3.0f} ms  {run.requests} requests,"
                    f" {run.waits} waits,"
                    f" {run.rows} memberships, {'complete' if run.complete else run.words}"
                )
            if chosen.profile:
                pstats.Stats(profile).sort_stats(chosen.sort).print_stats(40)


if __name__ == "__main__":
    main()
