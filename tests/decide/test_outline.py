"""The outline of a plan: every operation by ids, and nobody's name."""

from dataclasses import replace

import pytest
from tests.decide.leaving import plan
from tests.decide.worlds import office

from keyturn.decide.about import about_of, same_change
from keyturn.decide.outline import outline_in, outline_of, outline_text, spots_digest
from keyturn.decide.plans import PlanScope
from keyturn.decide.values import NotThatValue


def test_it_says_what_is_done_to_what_and_names_nobody() -> None:
    found = plan(office(), "d:d1", "d:d3", to={"v-pay": "d:d2"})
    outline = outline_of(found)
    text = outline_text(outline)
    assert outline_in(text) == outline
    for name in ("Name", "login", "prod", "pay"):
        assert name not in text.replace("v-pay", "").replace("/pay-", "")
    assert outline.subjects == ("d:d1", "d:d3")
    for told, operation in zip(outline.operations, found.operations, strict=True):
        assert (told.id, told.number) == (operation.id, operation.number)
        assert about_of(told.change) == about_of(operation.change)
        assert same_change(told.change) == same_change(operation.change)
    assert replace(outline, scope=PlanScope.UNDO).subjects == ()
    assert replace(outline, subject_key="").subjects == ()
    assert outline.blind_spots == spots_digest(found.blind_spots) != spots_digest(("x",))


@pytest.mark.parametrize("text", ["", "[1", '{"format": 1}'])
def test_what_is_no_outline_is_refused(text: str) -> None:
    with pytest.raises(NotThatValue):
        outline_in(text)
