"""Every guard speaks, by name and with what next; and more never makes it milder."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.decide.guarding import (
    ALLOW,
    ASK,
    REFUSE,
    crowd,
    end,
    leave,
    revoke,
    suspend,
    verdicts,
)
from tests.decide.worlds import Org, office

from keyturn.decide.context import PlanContext
from keyturn.decide.findings import Change
from keyturn.decide.guard import GUARDS
from keyturn.decide.names import listed
from keyturn.decide.plans import PlanScope
from keyturn_providers.records import (
    Collection,
)


def test_every_guard_speaks_on_every_plan() -> None:
    found = verdicts(office().context())
    assert len(found) == len(GUARDS) == 16
    assert all(v.verdict is ALLOW and v.words for v in found.values())


def test_a_refusal_names_what_and_what_next() -> None:
    org = office()
    org.directory.broken.add((Collection.ACCOUNTS, ""))
    org.directory.taken_ms = 0
    found = verdicts(org.context(abilities={}), suspend("s1"))
    for verdict in found.values():
        if verdict.verdict is REFUSE:
            assert verdict.next_step
            assert verdict.names


def test_names_are_listed_and_the_rest_is_counted() -> None:
    assert listed([]) == ""
    assert listed("ab") == "a and b"
    assert listed("abcde") == "a, b, c, d and e"
    assert listed("abcdefg") == "a, b, c, d, e and 2 more"


_RANK = {ALLOW: 0, ASK: 1, REFUSE: 2}


_pool = st.sampled_from(
    [
        *(suspend(f"s{i}") for i in range(1, 5)),
        *(leave(f"s{i}", g) for i in (1, 2, 3) for g in ("sg-eng", "sg-ops")),
        revoke("s1", "c", "v-pay"),
        revoke("sg-ops", "sg-ops/policy/pay-manage", "v-pay"),
        end("s1", "T"),
    ]
)


_spoil: list[Callable[[Org], object]] = [
    lambda org: org.directory.broken.add((Collection.ACCOUNTS, "")),
    lambda org: org.directory.broken.add((Collection.MEMBERSHIPS, "dg-eng")),
    lambda org: org.secrets.broken.add((Collection.GRANTS, "v-pay")),
    lambda org: setattr(org.secrets, "taken_ms", 0),
]


@settings(max_examples=80, deadline=None)
@given(
    st.lists(_pool, max_size=12, unique=True),
    st.sets(st.integers(0, len(_spoil) - 1)),
    st.integers(0, len(_spoil) - 1),
    st.sampled_from([PlanScope.SYNC, PlanScope.OFFBOARD]),
)
def test_more_removals_and_worse_listings_are_never_milder(
    changes: list[Change], spoilt: set[int], one_more: int, scope: PlanScope
) -> None:
    def build(which: set[int]) -> PlanContext:
        org = crowd(6)
        for number in which:
            _spoil[number](org)
        return org.context()

    context = build(spoilt)
    full = verdicts(context, *changes, scope=scope)
    fewer = verdicts(context, *changes[:-1], scope=scope)
    worse = verdicts(build(spoilt | {one_more}), *changes, scope=scope)
    for guard, verdict in full.items():
        assert _RANK[fewer[guard].verdict] <= _RANK[verdict.verdict]
        assert _RANK[verdict.verdict] <= _RANK[worse[guard].verdict]
