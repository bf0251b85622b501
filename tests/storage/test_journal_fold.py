"""The tables hold what the entries fold to, whatever was recorded in whatever order."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from keyturn_storage.journal import open_journal
from keyturn_storage.rows import RunRow, StepRow

STATES = ("planned", "intended", "applied", "already_so", "refused", "unknown", "verified")
SAID = st.sampled_from(("", "a", "b"))
RECORDS = st.lists(
    st.tuples(st.integers(1, 2), st.sampled_from(STATES), SAID, SAID, SAID, SAID, st.booleans()),
    max_size=10,
)


@settings(max_examples=60, deadline=None)
@given(RECORDS, st.lists(st.sampled_from(("running", "stopped", "ended")), max_size=3))
def test_whatever_is_recorded_the_tables_agree_with_the_entries(
    records: list[tuple[int, str, str, str, str, str, bool]],
    ends: list[str],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o700)
        with open_journal(Path(folder, "journal.db")) as journal:
            steps = [StepRow("r", f"o{n}", n, "planned", "w", 1, 0, "", "", "", "") for n in (1, 2)]
            journal.start_run(RunRow("r", "p", "sync", "t", "w", 1, None, "running", "{}"), steps)
            for at_ms, (n, state, intent, outcome, verdict, error, removes) in enumerate(records):
                journal.record_step(
                    "r", f"o{n}", n, state, "w", at_ms + 2,
                    intent=intent, outcome=outcome, verdict=verdict, error=error, removes=removes,
                )  # fmt: skip
            for at_ms, state in enumerate(ends):
                journal.end_run("r", state, 50 + at_ms)
            report = journal.verify_chain()
            assert report.unbroken, report.why
