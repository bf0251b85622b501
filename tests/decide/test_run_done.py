"""What the outcome that is kept of a call says."""

import pytest

from keyturn.decide.run_done import NOT_KNOWN, request_ids_in


@pytest.mark.parametrize(
    ("outcome", "ids"),
    [
        ("applied req-1 req-2", ("req-1", "req-2")),
        ("already so req-1", ("req-1",)),
        ("applied", ()),
        ("already so", ()),
        ("gone", ()),
        ("drifted", ()),
        (NOT_KNOWN, ()),
        ("", ()),
    ],
)
def test_the_ids_are_what_comes_after_an_answer(outcome: str, ids: tuple[str, ...]) -> None:
    assert request_ids_in(outcome) == ids
