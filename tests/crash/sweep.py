"""Kills an offboarding of 12 operations and a sync of 40 at every point, twice in a row.

`uv run python -m tests.crash.sweep [offboarding|sync ...] [--seconds N] [--pairs]`. A point is
before, inside and after every durable write, and before and after every request, reads too. Every
point of the run is a first cut; each is followed by a second one in its resume, at a place that
moves along so that every place of the resume is cut as well; `--pairs` takes every second cut after
every first (hours). Applied, resumed and ended with other numbers of steps under way at once. It
prints how many cuts were tried, and ends at the first end that is not the plan's. With `--seconds`
it takes as many as there is time for, spread evenly over the run.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

from tests.crash.cuts import PLANS, WIDTHS, check, in_memory, victims

ROOT = Path(__file__).parents[2]
_STRIDE, _PLACES = 0.618, 37
"""What a cut list goes on by: round the run, and round what is left of it for the resume."""


def sweep(name: str, folder: Path, seconds: float, *, pairs: bool) -> None:
    """Sweeps over one plan, and prints."""
    with victims(name, folder, ROOT) as killed:
        whole = killed.fresh("unharmed")
        points = killed.points(whole)
        check(killed, whole, "unharmed")
        began, firsts, twice = time.monotonic(), set[int](), set[tuple[int, int]]()
        seconds_places: set[int] = set()
        for first, second in _cuts(points, pairs=pairs):
            if time.monotonic() - began > seconds:
                break
            came = killed.cut(first, second)
            firsts.add(first)
            if came:
                twice.add((first, second))
                seconds_places.add(second)
        print(
            f"{name}: {len(killed.plan.operations)} operations, {points} points; cut at "
            f"{len(firsts)} of them, {len(twice)} of those again in the resume, at "
            f"{len(seconds_places)} of its places ({killed.runs} processes, "
            f"{time.monotonic() - began:.0f} s; {WIDTHS} at once). Every end was the plan's, no "
            "call was made twice, every chain whole.",
            flush=True,
        )


def _cuts(points: int, *, pairs: bool) -> Iterator[tuple[int, int]]:
    if pairs:
        for first in range(1, points + 1):
            for second in range(1, points + 1):
                yield first, second
        return
    step = max(1, int(points * _STRIDE))
    while points > 1 and any(points % n == 0 and step % n == 0 for n in range(2, step + 1)):
        step += 1
    for number in range(points):
        first = 1 + number * step % points
        # About as many points are left to the resume as the run had still to go.
        yield first, 1 + number * _PLACES % max(10, points - first)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("plans", nargs="*", default=list(PLANS))
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--pairs", action="store_true")
    chosen = parser.parse_args()
    for name in chosen.plans:
        with in_memory() as folder:
            sweep(name, folder, chosen.seconds, pairs=chosen.pairs)


if __name__ == "__main__":
    main()
