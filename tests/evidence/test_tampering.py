"""Whatever is changed in a bundle is found: by keyturn, and by the script that goes with it."""

import asyncio
import json
import runpy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.evidence.made import by_script, made, unpacked
from tests.evidence.offices import left, office, opened_case, put_out, report

from keyturn.evidence.bundle import Bundle, checker
from keyturn.evidence.gather import report_on_case
from keyturn.evidence.manifest import SIGNATURE, entries_of, seal_of
from keyturn.evidence.verify_bundle import Checked, verify_bundle
from keyturn.evidence.zipping import zipped
from keyturn_providers.abilities import Ability
from keyturn_providers.simulated import Effect, Fault, simulated_pair
from keyturn_storage.queries.cases import case

UNSIGNED = made()
NAMES = st.sampled_from(sorted(UNSIGNED.files))
LINED = st.sampled_from(["journal.jsonl", "events.ndjson", "leaver.json", "plan.json"])
MANY = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
Script = Callable[[Path], list[str]]


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Script:
    """The bundle's own checker, in this process; `by_script` runs it as another one."""
    path = tmp_path_factory.mktemp("script") / "verify.py"
    path.write_bytes(checker())
    problems: Callable[[Path, str], Iterator[str]] = runpy.run_path(str(path))["problems"]

    def found(place: Path) -> list[str]:
        try:
            return list(problems(place, ""))
        except Exception as damaged:  # noqa: BLE001 - as its main part does
            return [repr(damaged)]

    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bundle") / "folder"


def found_by_both(place: Path, script: Script) -> Checked:
    checked = verify_bundle(place)
    assert checked.wrong, "keyturn verify did not see it"
    assert script(place), "verify.py did not see it"
    return checked


def changed(files: dict[str, bytes], name: str, content: bytes) -> dict[str, bytes]:
    assert files[name] != content
    return {**files, name: content}


def test_what_was_written_is_as_written(folder: Path, script: Script, tmp_path: Path) -> None:
    place = unpacked(dict(UNSIGNED.files), folder)
    packed = tmp_path / "any name.zip"
    packed.write_bytes(UNSIGNED.zip())
    for one in (place, packed):
        checked = verify_bundle(one)
        assert checked.wrong == ()
        assert (checked.files, checked.entries, checked.withheld) == (8, 7, 1)
        assert checked.signed == "it is not signed"
        assert script(one) == []


@MANY
@given(NAMES, st.data())
def test_every_changed_byte_is_found(
    folder: Path, script: Script, name: str, data: st.DataObject
) -> None:
    content = bytearray(UNSIGNED.files[name])
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    place = unpacked(changed(dict(UNSIGNED.files), name, bytes(content)), folder)
    assert any(
        name in str(one) or one.file == "manifest.json"
        for one in found_by_both(place, script).wrong
    )


@MANY
@given(NAMES, st.data())
def test_every_cut_tail_is_found(
    folder: Path, script: Script, name: str, data: st.DataObject
) -> None:
    content = UNSIGNED.files[name]
    kept = data.draw(st.integers(0, len(content) - 1))
    found_by_both(unpacked(changed(dict(UNSIGNED.files), name, content[:kept]), folder), script)


@MANY
@given(LINED, st.data())
def test_every_removed_line_is_found_where_it_was(
    folder: Path, script: Script, name: str, data: st.DataObject
) -> None:
    lines = UNSIGNED.files[name].splitlines(keepends=True)
    gone = data.draw(st.integers(0, len(lines) - 1))
    content = b"".join(lines[:gone] + lines[gone + 1 :])
    checked = found_by_both(unpacked(changed(dict(UNSIGNED.files), name, content), folder), script)
    assert f"{name}, line {gone + 1}: 1 line is missing here" in map(str, checked.wrong)


@MANY
@given(LINED, st.data())
def test_every_swap_of_lines_is_found_where_it_is(
    folder: Path, script: Script, name: str, data: st.DataObject
) -> None:
    lines = UNSIGNED.files[name].splitlines(keepends=True)
    if len(lines) < 2:
        return
    one = data.draw(st.integers(0, len(lines) - 2))
    two = data.draw(st.integers(one + 1, len(lines) - 1))
    if lines[one] == lines[two]:
        return
    lines[one], lines[two] = lines[two], lines[one]
    content = b"".join(lines)
    checked = found_by_both(unpacked(changed(dict(UNSIGNED.files), name, content), folder), script)
    words = f"{name}, lines {one + 1} to {two + 1}: these lines are in another order"
    assert words in map(str, checked.wrong)


@MANY
@given(st.data())
def test_every_changed_byte_of_the_zip_is_found(
    folder: Path, script: Script, data: st.DataObject
) -> None:
    content = bytearray(UNSIGNED.zip())
    # The names and headers at the end are where no content is.
    at = data.draw(
        st.one_of(
            st.integers(0, len(content) - 1), st.integers(len(content) - 1200, len(content) - 1)
        )
    )
    content[at] ^= data.draw(st.integers(1, 255))
    place = folder.with_suffix(".zip")
    place.write_bytes(content)
    found_by_both(place, script)


@MANY
@given(st.integers(0, len(UNSIGNED.zip()) - 1), st.binary(max_size=3))
@example(0, b"")
def test_every_cut_or_lengthened_zip_is_found(
    folder: Path, script: Script, kept: int, more: bytes
) -> None:
    whole = UNSIGNED.zip()
    place = folder.with_suffix(".zip")
    place.write_bytes(whole + more if more else whole[:kept])
    found_by_both(place, script)


def test_a_file_that_is_missing_or_added_is_found(folder: Path, script: Script) -> None:
    for name in UNSIGNED.files:
        less = {one: data for one, data in UNSIGNED.files.items() if one != name}
        checked = found_by_both(unpacked(less, folder), script)
        assert f"{name}: it is missing" in map(str, checked.wrong)
    more = {**UNSIGNED.files, "notes.txt": b"all fine"}
    checked = found_by_both(unpacked(more, folder), script)
    assert list(map(str, checked.wrong)) == ["notes.txt: it is not of this bundle"]


@pytest.fixture(scope="module", params=["run", "case"])
def real(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The evidence of a run, and of a case with two, as keyturn report makes it."""
    data = tmp_path_factory.mktemp("data")
    data.chmod(0o700)
    said = left("2027-01-15T09:00+01:00")

    async def made_by_runs() -> Bundle:
        pair = simulated_pair(people=6, page_size=3)
        with office(pair, data) as work:
            if request.param == "run":
                return report(work, await put_out(work), said).bundle
            opened_case(work, "case-0001")
            pair.secrets.faults.add(Fault(Effect.NOT_ALLOWED, Ability.REVOKE))
            await put_out(work)
            await put_out(work)
            row = case(work.journal, "case-0001")
            assert row is not None
            assert len(row.run_ids) == 2
            return report_on_case(row, work.journal, work.cache, stated=said).bundle

    return asyncio.run(made_by_runs())


@MANY
@given(st.data())
def test_every_changed_byte_of_real_evidence_is_found_in_its_line(
    real: Bundle, folder: Path, script: Script, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from(sorted(real.files)))
    content = bytearray(real.files[name])
    at = data.draw(st.integers(0, len(content) - 1))
    old = content[at]
    content[at] ^= data.draw(st.integers(1, 255))
    changed_to = {**real.files, name: bytes(content)}
    checked = found_by_both(unpacked(changed_to, folder), script)
    own = {"manifest.json", "manifest.sha256"}
    if name in own or 10 in {old, content[at]}:
        return
    line = real.files[name][:at].count(b"\n") + 1
    assert f"{name}, line {line}: this was changed" in map(str, checked.wrong)


def resealed(files: dict[str, bytes]) -> dict[str, bytes]:
    """The same bundle after somebody made manifest and seal fit what they changed."""
    own = {"manifest.json", "manifest.sha256", SIGNATURE}
    manifest = UNSIGNED.manifest.model_copy(
        update={"files": entries_of({n: c for n, c in files.items() if n not in own})}
    )
    return {**files, "manifest.json": manifest.text(), "manifest.sha256": seal_of(manifest.text())}


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        (
            "journal.jsonl",
            b"applied",
            b"refused",
            "journal.jsonl, line 4, entry 44: entry 44 was changed, or one before it",
        ),
        (
            "plan.json",
            b"2",
            b"3",
            "plan.json: it is not the plan that the journal says was applied",
        ),
        (
            "events.ndjson",
            b"192.0.2.7",
            b"192.0.2.8",
            "events.ndjson, line 1: it is no event that the journal archived",
        ),
    ],
)
def test_a_new_manifest_does_not_hide_what_the_journal_says(
    folder: Path, name: str, old: bytes, new: bytes, told: str
) -> None:
    files = resealed(changed(dict(UNSIGNED.files), name, UNSIGNED.files[name].replace(old, new, 1)))
    assert told in map(str, verify_bundle(unpacked(files, folder)).wrong)


def test_the_script_runs_alone_and_says_so(folder: Path, tmp_path: Path) -> None:
    place = unpacked(dict(UNSIGNED.files), folder)
    good = by_script(place, tmp_path)
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout.startswith("As written.")
    (place / "leaver.json").write_bytes(b"{}")
    bad = by_script(place, tmp_path)
    assert (bad.returncode, bad.stderr) == (1, "NOT AS WRITTEN:\nleaver.json is not as written\n")
    nothing = by_script(tmp_path / "nowhere", tmp_path)
    assert nothing.returncode == 1
    assert "no bundle at all" in nothing.stderr


def test_the_script_is_at_most_forty_lines_and_imports_the_standard_library_alone() -> None:
    text = checker().decode()
    assert len(text.splitlines()) <= 40
    imported = {
        name.strip()
        for line in text.splitlines()
        if line.startswith("import ")
        for name in line.removeprefix("import ").split(",")
    }
    assert imported
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names


def test_the_same_files_give_the_same_zip() -> None:
    again: Bundle = made()
    assert again.zip() == UNSIGNED.zip()
    assert zipped(dict(reversed(list(again.files.items()))), again.folder) == UNSIGNED.zip()


def test_a_bundle_of_the_first_form_can_be_checked_still(folder: Path, script: Script) -> None:
    plain = json.loads(UNSIGNED.files["manifest.json"])
    (run,) = plain.pop("runs")
    plain = {**plain, "format": "keyturn-evidence 1", **run}
    plain.pop("case")
    rows = [json.loads(one) for one in UNSIGNED.files["events.ndjson"].splitlines()]
    assert all(one.pop("run") == run["run"] for one in rows)
    events = "".join(json.dumps(one) + "\n" for one in rows).encode()
    plain["files"] = [
        entries_of({one["name"]: events})[0].model_dump() if one["name"] == "events.ndjson" else one
        for one in plain["files"]
    ]
    text = json.dumps(plain).encode()
    files = {
        **UNSIGNED.files, "events.ndjson": events, "manifest.json": text,
        "manifest.sha256": seal_of(text),
    }  # fmt: skip
    place = unpacked(files, folder)
    assert (verify_bundle(place).wrong, script(place)) == ((), [])
    files["events.ndjson"] = events.replace(b"192.0.2.7", b"192.0.2.8", 1)
    checked = found_by_both(unpacked(files, folder), script)
    assert "events.ndjson, line 1: it is no event that the journal archived" in map(
        str, checked.wrong
    )
