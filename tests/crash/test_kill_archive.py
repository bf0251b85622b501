"""kill -9 at any moment of archiving: no event is lost or doubled, and the position is never ahead
of the events."""

from pathlib import Path

import pytest
from tests.crash.swept import swept

EVERY = 3
"""Every third moment; all of them with --whole-sweep. A page has more than ten."""
ALL_EVENTS = 10


@pytest.mark.sweep
def test_killed_twice_anywhere_the_archive_goes_on_without_loss_or_double(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    seen, step = swept("archive_victim", tmp_path, EVERY, request)

    assert [one for one in seen if one["broken"]] == []
    assert {one["archived"][-1] for one in seen} == {ALL_EVENTS}
    assert all(one["archived"] == sorted(one["archived"]) for one in seen)
    # The kills struck before the first page, between pages, and after the last.
    firsts = [one["archived"][0] for one in seen]
    assert firsts == sorted(firsts)
    assert {0, 2, 5, 8, ALL_EVENTS} == set(firsts)
    assert [one["killed"][0] for one in seen] == [True] * (len(seen) - 1) + [False]
    assert sum(all(one["killed"]) for one in seen) * step > 20, "too few moments to mean anything"
