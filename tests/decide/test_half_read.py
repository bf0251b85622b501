"""What of a leaver may have been missed is said, and asked about; what was read now is not."""

from dataclasses import replace

from tests.decide.worlds import office

from keyturn.decide.half_read import ReadNow, half_read, not_asked
from keyturn.decide.leaving import Leaver
from keyturn.decide.plan import plan_leavers
from keyturn.decide.plans import Verdict
from keyturn_providers.records import Collection, Push, PushState, Side

D, S = Side.DIRECTORY, Side.SECRETS
EVERYTHING = ReadNow(
    frozenset({(D, Collection.MEMBERSHIPS), (S, Collection.MEMBERSHIPS), (S, Collection.GRANTS)})
)


def test_each_listing_that_may_hide_something_of_the_leaver_is_named() -> None:
    org = office()
    assert half_read(org.world(), org.who("d:d1"), ReadNow()) == ()
    org.secrets.broken |= {
        (Collection.MEMBERSHIPS, "sg-ops"),
        (Collection.GRANTS, "v-prod"),
    }
    org.directory.broken |= {(Collection.GROUPS, ""), (Collection.MEMBERSHIPS, "dg-ops")}
    world, who = org.world(), org.who("d:d1")
    assert half_read(world, who, ReadNow()) == (
        f"the groups of {world.directory.name} could not be read to the end",
        "the members of ops in bao could not be read to the end",
        "the grants on prod in bao could not be read to the end",
    )
    assert half_read(world, who, EVERYTHING) == ()
    failed = replace(EVERYTHING, failed=("the groups of s1 could not be read now",))
    assert half_read(world, who, failed) == failed.failed


def test_of_the_directory_the_groups_that_it_pushes_count() -> None:
    org = office()
    org.directory.groups = [
        replace(one, push=Push(PushState.OK)) if one.id == "dg-ops" else one
        for one in org.directory.groups
    ]
    org.directory.broken |= {
        (Collection.MEMBERSHIPS, "dg-ops"),
        (Collection.MEMBERSHIPS, "dg-eng"),
    }
    (words,) = half_read(org.world(), org.who("d:d1"), ReadNow())
    assert "the members of ops in" in words


def test_what_is_known_from_the_refresh_only_is_said() -> None:
    org = office()
    world, who = org.world(), org.who("d:d1")
    said = not_asked(world, who, ReadNow())
    assert [words.split(" given")[0] for words in said] == [
        f"{world.directory.name}: memberships",
        "bao: memberships",
        "bao: direct grants",
    ]
    assert not_asked(world, who, EVERYTHING) == ()
    assert len(not_asked(world, replace(who, secrets=None), ReadNow())) == 1
    assert half_read(world, replace(who, directory=None), ReadNow()) == ()


def test_an_offboarding_asks_where_something_may_have_been_missed() -> None:
    org = office()
    leavers = (Leaver(org.who("d:d1")),)
    missed = ("the members of ops in bao could not be read to the end",)
    verdicts = {
        half: next(
            one
            for one in plan_leavers(leavers, org.context(half_read=half)).guards
            if one.guard == "complete listings"
        )
        for half in ((), missed)
    }
    assert verdicts[()].verdict is Verdict.ALLOW
    assert verdicts[missed].verdict is Verdict.ASK
    assert verdicts[missed].names == missed
    assert missed[0] in verdicts[missed].words
