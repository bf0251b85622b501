"""What every kind of change is called, and what it brings along."""

from dataclasses import replace

import pytest
from tests.decide.guarding import (
    ONE_OF_EACH,
    D,
    S,
    join,
    ref,
    revoke,
)
from tests.decide.worlds import office

from keyturn.decide.findings import Change, ChangeKind, ObjectKind
from keyturn.decide.operations import word
from keyturn.decide.side_effects import side_effects


@pytest.mark.parametrize("kind", list(ChangeKind))
def test_every_kind_of_change_reads(kind: ChangeKind) -> None:
    world, change = office().world(), ONE_OF_EACH[kind]
    wording = word(world, change)
    assert "Name 1" in wording.words or "s1" in wording.words
    assert isinstance(side_effects(world, change), tuple)
    one_way = {ChangeKind.DEACTIVATE, ChangeKind.CONFIRM, ChangeKind.NARROW}
    if wording.inverse is not None and kind not in one_way:
        back = word(world, wording.inverse).inverse
        assert back == change
    bare = word(world, Change(kind, S))
    assert isinstance(side_effects(world, Change(kind, S)), tuple)
    assert "nobody" in bare.words or "nothing" in bare.words


def test_side_effects_of_what_opens_nothing_and_of_the_directory() -> None:
    world = office().world()
    nowhere = join("s1", "sg-none")
    assert side_effects(world, nowhere) == ("sg-none opens no vault that keyturn can see",)
    there = replace(join("d1", "dg-eng"), side=D, group=ref(ObjectKind.GROUP, "dg-eng", D))
    assert side_effects(world, there) == ()
    restored = replace(revoke("sg-x", "c", "v-pay", "v-prod"), kind=ChangeKind.RESTORE_GRANT)
    assert side_effects(world, restored) == (
        "2 vaults opened at once: v-pay and v-prod",
        "0 active members of sg-x: nobody",
    )
