"""When a run is to be looked at again, what of it is watched, and what brought something back."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.decide.journals import done
from tests.decide.undoing import ADD, D1, ENG, ENG_THERE, OLD, REMOVE, REVOKE, SUSPEND
from tests.decide.worlds import SUSPENDED, Org, office

from keyturn.decide.findings import Change, ChangeKind
from keyturn.decide.logged import by_whom, entry, logged, proof_in
from keyturn.decide.plan import plan_offboard
from keyturn.decide.plans import PlanScope
from keyturn.decide.rechecks import (
    ARCHIVE,
    DAY_MS,
    MOMENTS,
    CameBack,
    Due,
    NotSeen,
    Recheck,
    RecheckOf,
    Upgraded,
    due,
    kept_recheck,
    kept_recheck_of,
)
from keyturn.decide.rules import Allowed
from keyturn.decide.run_done import RunDone
from keyturn.decide.steps import State
from keyturn.decide.values import NotThatValue, to_plain
from keyturn.decide.watched import (
    bringing_back,
    kept_off,
    likely,
    off_before,
    put_back,
    renamed,
    watched,
)
from keyturn_providers.records import AccountState, Group, Push, PushState, Session, Side

SOON, NEXT_DAY, NEXT_WEEK = MOMENTS
END_MS = 1_800_000_000_000


def at(*, after_ms: int, looked: tuple[int, ...] = ()) -> Due:
    return due(END_MS, END_MS + after_ms, [END_MS + one for one in looked])


def test_a_better_verdict_is_told_in_one_line() -> None:
    told = Upgraded(3, "Suspend Dana", "lagging", "effective and logged").told
    assert told == "step 3 is effective and logged now (lagging before): Suspend Dana"


def test_nothing_is_due_before_its_time() -> None:
    assert at(after_ms=0) == Due(None, (), END_MS + SOON.after_ms)
    assert at(after_ms=SOON.after_ms) == Due(SOON, (), END_MS + DAY_MS)


def test_who_has_looked_has_looked_until_the_next_moment() -> None:
    looked = (SOON.after_ms + 1,)
    assert at(after_ms=DAY_MS - 1, looked=looked).now is None
    assert at(after_ms=DAY_MS, looked=looked) == Due(NEXT_DAY, (), END_MS + 7 * DAY_MS)


def test_a_look_before_a_moment_does_not_count_for_it() -> None:
    assert at(after_ms=SOON.after_ms, looked=(SOON.after_ms - 1,)).now == SOON


def test_what_nobody_looked_at_in_time_is_missed() -> None:
    assert at(after_ms=8 * DAY_MS) == Due(NEXT_WEEK, (SOON, NEXT_DAY), None)
    assert at(after_ms=8 * DAY_MS, looked=(DAY_MS,)) == Due(NEXT_WEEK, (), None)
    assert at(after_ms=400 * DAY_MS, looked=(8 * DAY_MS,)) == Due(None, (), None)


@given(st.lists(st.integers(0, 9 * DAY_MS), max_size=8), st.integers(0, 9 * DAY_MS))
def test_every_moment_is_looked_at_or_missed_once(looks: list[int], now: int) -> None:
    """Whoever looks whenever something is due is told of every moment that has come, once."""
    seen: list[str] = []
    looked: list[int] = []
    for when in sorted([*looks, now]):
        told = at(after_ms=when, looked=tuple(looked))
        if told.now is not None:
            seen += [*(one.name for one in told.missed), told.now.name]
            looked.append(when)
    assert seen == [one.name for one in MOMENTS if one.after_ms <= max([*looks, now])]


def test_a_recheck_in_words() -> None:
    plain = Recheck("r", "Offboard Dana", 1, 3)
    assert plain.whole
    assert plain.words == "Offboard Dana: nothing came back of 3."
    more = replace(
        plain,
        came_back=(CameBack("x", ""),),
        not_seen=(NotSeen("y", "z"),),
        put_back=("w",),
    )
    assert not more.whole
    assert more.words == (
        "Offboard Dana: 1 thing came back of 3; 1 could not be looked at; 1 put back by an undo."
    )
    two = replace(plain, came_back=more.came_back * 2)
    assert "2 things came back" in two.words


# ---------------------------------------------------------------------------- what is watched


def offboarded(org: Org) -> RunDone:
    return done(org, plan_offboard(org.who("d:d1"), (Session("T1", "s1"),), org.context()))


def test_each_account_each_membership_and_each_grant_is_watched_once() -> None:
    org = office()
    org.rules = replace(org.rules, allowed=Allowed(deactivate=True))
    org.secrets.groups.append(Group("sg-old", "old"))
    org.secrets.join("sg-old", "s1")
    run = offboarded(org)
    kinds = [(one.change.kind, one.change.side) for one in watched(run)]
    assert kinds == [
        (ChangeKind.DEACTIVATE, Side.DIRECTORY),
        (ChangeKind.SUSPEND, Side.SECRETS),
        (ChangeKind.REMOVE_MEMBERSHIP, Side.SECRETS),
    ]
    refused = tuple(replace(step, state=State.REFUSED) for step in run.steps)
    assert watched(replace(run, steps=refused)) == ()


def test_who_was_off_before_is_watched_as_well() -> None:
    org = office()
    org.directory.change("d1", state=SUSPENDED)
    run = offboarded(org)
    (only,) = off_before(run.plan, org.world())
    assert (only.change.kind, only.change.account, only.words) == (
        ChangeKind.SUSPEND,
        D1,
        "Name 1 in idp",
    )
    assert off_before(replace(run.plan, subject_key="nobody"), org.world()) == ()
    assert len(off_before(replace(run.plan, operations=()), org.world())) == 2
    org.secrets.accounts.clear()
    assert len(off_before(replace(run.plan, operations=()), org.world())) == 1


@pytest.mark.parametrize(
    ("state", "suspended", "deactivated"),
    [
        (AccountState.ACTIVE, False, False),
        (AccountState.SUSPENDED, True, False),
        (AccountState.DEACTIVATED, True, True),
        (None, False, False),
    ],
)
def test_off_is_as_far_off_as_it_was_put(
    state: AccountState | None, suspended: bool, deactivated: bool
) -> None:
    assert kept_off(state, ChangeKind.SUSPEND) is suspended
    assert kept_off(state, ChangeKind.DEACTIVATE) is deactivated


def test_what_was_put_back_on_purpose() -> None:
    restore = replace(REVOKE, kind=ChangeKind.RESTORE_GRANT)
    assert put_back(REVOKE, (restore,))
    assert put_back(REVOKE, (replace(REVOKE, kind=ChangeKind.GRANT, carrier=""),))
    assert not put_back(REVOKE, (replace(restore, carrier="another"),))
    assert put_back(REMOVE, (restore, ADD))
    assert not put_back(REMOVE, (replace(ADD, group=OLD),))
    assert put_back(SUSPEND, (replace(SUSPEND, kind=ChangeKind.REACTIVATE),))
    assert not put_back(SUSPEND, (SUSPEND,))


def test_a_new_name_is_taken_on() -> None:
    org = office()
    first, *_ = offboarded(org).plan.operations
    assert renamed(first, "New").change.account == replace(D1, name="New")
    of_grant = replace(first, change=REVOKE)
    principal = renamed(of_grant, "New").change.principal
    assert principal is not None
    assert principal.name == "New"


# ----------------------------------------------------------------------- what brought it back

NOBODY_KNOWS = "Somebody, or something, gave it again: the audit log there tells who."


def test_an_import_brings_directory_accounts_back() -> None:
    there = Change(ChangeKind.SUSPEND, Side.DIRECTORY, account=D1)
    assert likely(office().world(), there).startswith("An import into idp")


def test_a_push_brings_accounts_back_only_where_the_directory_has_them_on() -> None:
    org = office()
    assert likely(org.world(), SUSPEND) == NOBODY_KNOWS
    org.directory.change("d1", push=Push(PushState.OK))
    assert likely(org.world(), SUSPEND) == (
        "idp has them active, and provisions their account (pushed)."
    )
    org.directory.change("d1", state=SUSPENDED)
    assert likely(org.world(), SUSPEND) == NOBODY_KNOWS
    assert likely(org.world(), replace(SUSPEND, account=None)) == NOBODY_KNOWS


def test_a_rule_or_a_push_brings_memberships_back() -> None:
    org = office()
    there = replace(REMOVE, side=Side.DIRECTORY, account=D1, group=ENG_THERE)
    assert likely(org.world(), there) == NOBODY_KNOWS
    assert likely(org.world(), REMOVE) == NOBODY_KNOWS
    org.directory.groups = [
        replace(one, rules=("All",), push=Push(PushState.OK)) for one in org.directory.groups
    ]
    assert likely(org.world(), there) == "All puts members in eng by a rule."
    assert likely(org.world(), REMOVE) == "idp pushes eng into eng."
    assert likely(org.world(), replace(REMOVE, group=OLD)) == NOBODY_KNOWS
    assert likely(org.world(), replace(REMOVE, account=None)) == NOBODY_KNOWS
    assert likely(org.world(), replace(there, group=replace(ENG, id="gone"))) == NOBODY_KNOWS
    assert likely(org.world(), REVOKE) == NOBODY_KNOWS


# ---------------------------------------------------------------- since when, and who did it


def test_of_several_leavers_everybody_who_was_off_before_is_watched() -> None:
    org = office()
    two = replace(offboarded(org).plan, subject_key="d:d1\nd:d2\nnobody", operations=())
    watched_too = [one.words for one in off_before(two, org.world())]
    assert watched_too == [
        "Name 1 in idp",
        "Name 1 in bao",
        "Name 2 in idp",
        "Name 2 in bao",
    ]
    assert off_before(replace(two, scope=PlanScope.SYNC), org.world()) == ()


def test_what_would_have_brought_it_back_is_known_for_whatever_can_come_back() -> None:
    kinds = {
        SUSPEND: ChangeKind.REACTIVATE,
        REMOVE: ChangeKind.ADD_MEMBERSHIP,
        REVOKE: ChangeKind.GRANT,
    }
    for cut, back in kinds.items():
        assert bringing_back(cut) == replace(cut, kind=back)
    assert bringing_back(ADD) is None


def test_who_brought_it_back_goes_before_what_may_have() -> None:
    back = CameBack("Dana is active again", "An import did it.")
    assert (back.when, back.why) == ("", "An import did it.")
    after = replace(back, after_ms=1_800_000_000_000)
    assert after.when == "at some time after 2027-01-15 08:00:00 UTC"
    assert after.why == "An import did it."
    told = replace(after, since_ms=1_800_000_060_000, by="HR", event="E1", address="203.0.113.7")
    assert told.when == told.why == "since 2027-01-15 08:01:00 UTC by HR from 203.0.113.7 (E1)"
    archived = replace(told, known_by=ARCHIVE)
    assert archived.when.endswith(" by HR from 203.0.113.7 (E1, from the archive)")


def test_a_recheck_that_an_older_keyturn_kept_is_read_as_it_was() -> None:
    back = CameBack("Dana is active again", "An import did it.", known_by=ARCHIVE)
    kept = Recheck("r1", "Offboard Dana", 1, 1, came_back=(back,))
    assert kept_recheck(json.dumps(to_plain(kept))) == kept
    plain = json.loads(json.dumps(to_plain(kept)))
    del plain["came_back"][0]["known_by"]
    assert kept_recheck(json.dumps(plain)) == replace(kept, came_back=(replace(back, known_by=""),))
    for odd in ("{", "[]", json.dumps({**plain, "came_back": ["x"]})):
        with pytest.raises(NotThatValue):
            kept_recheck(odd)


def test_an_entry_of_a_log_says_what_is_told() -> None:
    assert entry("E1", "", 1_800_000_000_000, "") == "E1, 2027-01-15 08:00:00 UTC"
    assert proof_in(f"Dana is suspended; {logged('E1', 'HR', 1_800_000_000_000, '')}") == "E1"
    assert proof_in("Dana is suspended; the audit log does not have it") == ""
    assert by_whom("HR", 1 << 62, "") == f"{1 << 62} ms by HR"


def test_a_look_at_one_of_several_is_kept_with_whose_it_is() -> None:
    one = RecheckOf("d:d1", Recheck("r1", "Offboard Name 1", END_MS, 3))
    assert kept_recheck_of(json.dumps(to_plain(one))) == one
    for odd in ("{", '{"person": "d:d1"}'):
        with pytest.raises(NotThatValue):
            kept_recheck_of(odd)
