"""kill -9 at any moment of a purge: the chain verifies, and the next purge takes what is left."""

from pathlib import Path

import pytest
from tests.crash.swept import swept

EVERY = 12
"""Every twelfth moment; all of them with --whole-sweep."""


@pytest.mark.sweep
def test_killed_twice_anywhere_the_chain_verifies_and_the_next_purge_finishes(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    seen, step = swept("purge_victim", tmp_path, EVERY, request)

    assert [one for one in seen if one["broken"]] == []
    assert [one for one in seen if not one["whole"]] == []
    assert {one["left"][-1] for one in seen} == {0}
    # The kills struck before anything had gone, and after all of it.
    assert {one["left"][0] > 0 for one in seen} == {True, False}
    assert [one["killed"][0] for one in seen] == [True] * (len(seen) - 1) + [False]
    assert sum(one["killed"][0] for one in seen) * step > 20, "too few moments to mean anything"
