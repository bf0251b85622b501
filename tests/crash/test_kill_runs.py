"""kill -9 at durable writes and requests of an offboarding and of a sync, twice in a row, then on
to the end. The whole sweep, at every point, is `python -m tests.crash.sweep`."""

from collections.abc import Iterator

import pytest
from tests.crash.cuts import PLANS, Victims, check, in_memory, victims

from keyturn_providers.simulated import load, save

SAMPLE = 5
"""So many cuts, spread over the run; each is followed by another one in the resume."""

pytestmark = pytest.mark.sweep


@pytest.fixture(scope="module", params=list(PLANS))
def killed(request: pytest.FixtureRequest) -> Iterator[Victims]:
    with (
        in_memory() as folder,
        victims(str(request.param), folder, request.config.rootpath) as made,
    ):
        yield made


def test_killed_twice_in_a_row_it_ends_as_the_plan_says(killed: Victims) -> None:
    whole = killed.fresh("unharmed")
    points = killed.points(whole)
    check(killed, whole, "unharmed")
    assert points > 6 * len(killed.plan.operations)
    twice = 0
    for place in range(SAMPLE):
        first = 1 + (place * (points - 1)) // (SAMPLE - 1)
        twice += killed.cut(first, 1 + (place * 11) % 40)
    assert twice >= SAMPLE // 2


def test_the_instrument_finds_a_call_made_twice(killed: Victims) -> None:
    folder = killed.fresh("planted")
    assert killed.order(folder, "apply") == 0
    path = folder / "secrets.json"
    tenant = load(path)
    tenant.calls.append(tenant.calls[0])
    save(tenant, path)
    with pytest.raises(AssertionError, match="planted"):
        check(killed, folder, "planted")
