"""Reading the audit log file: torn lines, rotation, copies, and what must not come out of it."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyturn_providers.errors import BadAnswer, Conflict
from keyturn_providers.openbao.audit import AuditLog, event_of


def entry(
    operation_id: str = "op-1",
    *,
    kind: str = "response",
    request_id: str = "r1",
    error: str = "",
    **more: object,
) -> dict[str, object]:
    return {
        "time": "2026-11-23T22:20:02.278740758Z",
        "type": kind,
        "auth": {"display_name": "token", "entity_id": "e9", "client_token": "hmac-sha256:aa"},
        "request": {
            "id": request_id,
            "operation": "update",
            "path": "identity/entity/id/e1",
            "remote_address": "10.0.0.9",
            "headers": {"x-keyturn-op": [operation_id]},
            "data": {"disabled": True},
        },
        **({"error": error} if error else {}),
        **more,
    }


def line(*args: str, **more: str) -> bytes:
    return json.dumps(entry(*args, **more)).encode() + b"\n"


def filler(count: int, start: int = 0) -> bytes:
    return b"".join(line(f"other-{n}", request_id=f"o{n}") for n in range(start, start + count))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    log = tmp_path / "audit.log"
    log.write_bytes(filler(3))
    return log


def append(path: Path, content: bytes) -> None:
    with path.open("ab") as log:
        log.write(content)


def found(path: Path, since: str, *wanted: str) -> list[str | None]:
    events = AuditLog("bao", path).events(since, frozenset(wanted or ("op-1",)))
    return [event.operation_id for event in events]


def test_only_what_comes_after_the_checkpoint_counts(path: Path) -> None:
    append(path, line("op-1", request_id="before"))
    since = AuditLog("bao", path).checkpoint()
    assert found(path, since) == []
    append(path, line("op-1", request_id="after"))
    [event] = AuditLog("bao", path).events(since, frozenset({"op-1"}))
    assert event.id == "after"
    assert (event.actor, event.action, event.target) == (
        "token (entity e9)",
        "update",
        "identity/entity/id/e1",
    )
    assert event.source_address == "10.0.0.9"
    assert event.at_ms == 1795472402278


def test_request_and_response_are_one_event_and_the_response_tells(path: Path) -> None:
    since = AuditLog("bao", path).checkpoint()
    append(path, line("op-1", kind="request"))
    [early] = AuditLog("bao", path).events(since, frozenset({"op-1"}))
    assert early.action == "update (no answer logged)"
    append(path, filler(1, 50) + line("op-1", error="permission denied"))
    [late] = AuditLog("bao", path).events(since, frozenset({"op-1"}))
    assert (late.action, late.error) == ("update", "permission denied")


def test_a_torn_last_line_is_read_when_it_is_whole(path: Path) -> None:
    whole = line("op-1")
    append(path, whole[:40])
    since = AuditLog("bao", path).checkpoint()
    append(path, whole[40:-1])
    assert found(path, since) == []
    append(path, b"\n")
    assert found(path, since) == ["op-1"]


@settings(max_examples=40)
@given(cut=st.integers(0, 600))
def test_wherever_the_checkpoint_falls_in_a_line_nothing_is_lost(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path = tmp_path_factory.mktemp("log") / "audit.log"
    whole = filler(1) + line("op-1")
    cut = min(cut, len(filler(1)) + 20)
    path.write_bytes(whole[:cut])
    since = AuditLog("bao", path).checkpoint()
    append(path, whole[cut:])
    assert found(path, since) == ["op-1"]


def test_garbage_and_odd_entries_are_passed_over(path: Path) -> None:
    since = AuditLog("bao", path).checkpoint()
    append(path, b"op-1 \xff\xfe not json\n" + b'{"op-1": 1}\n' + b'["op-1"]\n')
    append(path, b'{"request": {"headers": {"x-keyturn-op": "op-1"}}}\n' + line("op-1"))
    assert found(path, since) == ["op-1"]


def test_a_prefix_before_each_entry_is_allowed(path: Path) -> None:
    since = AuditLog("bao", path).checkpoint()
    append(path, b"@cee: " + line("op-1"))
    assert found(path, since) == ["op-1"]


def test_an_id_inside_another_text_is_no_match(path: Path) -> None:
    since = AuditLog("bao", path).checkpoint()
    append(path, line("op-11") + line("other", error="about op-1"))
    assert found(path, since, "op-1") == []


@pytest.mark.parametrize("name", ["audit.log.1", "audit-20261123.log"])
def test_rotation_is_followed_to_the_renamed_file(path: Path, name: str) -> None:
    since = AuditLog("bao", path).checkpoint()
    append(path, line("op-1", request_id="old"))
    path.rename(path.with_name(name))
    path.write_bytes(filler(2, 10) + line("op-2", request_id="new"))
    assert found(path, since, "op-1", "op-2") == ["op-1", "op-2"]


def test_two_rotations_are_followed(path: Path) -> None:
    since = AuditLog("bao", path).checkpoint()
    path.rename(path.with_name("audit.log.2"))
    path.with_name("audit.log.1").write_bytes(filler(1, 20) + line("op-1"))
    path.write_bytes(filler(1, 30) + line("op-2", request_id="r2"))
    assert found(path, since, "op-1", "op-2") == ["op-1", "op-2"]


@pytest.mark.parametrize("content", [b"", filler(1, 90)])
def test_a_log_cut_short_is_said_so(path: Path, content: bytes) -> None:
    since = AuditLog("bao", path).checkpoint()
    path.write_bytes(content)
    with pytest.raises(Conflict, match="rotated or cut"):
        found(path, since)


def test_a_cut_log_that_holds_all_that_was_asked_for_is_proof_enough(path: Path) -> None:
    since = AuditLog("bao", path).checkpoint()
    path.write_bytes(filler(1, 90) + line("op-1"))
    assert found(path, since) == ["op-1"]


def test_a_copy_that_grows_is_the_same_log(path: Path, tmp_path: Path) -> None:
    since = AuditLog("bao", path).checkpoint()
    copy = tmp_path / "fresh"
    copy.write_bytes(path.read_bytes() + line("op-1"))
    copy.rename(path)
    assert found(path, since) == ["op-1"]


def test_an_empty_log_can_be_a_beginning(tmp_path: Path) -> None:
    path = tmp_path / "audit.log"
    path.touch()
    since = AuditLog("bao", path).checkpoint()
    append(path, line("op-1"))
    assert found(path, since) == ["op-1"]


def test_a_file_that_is_not_there_is_a_clear_problem(tmp_path: Path) -> None:
    log = AuditLog("bao", tmp_path / "none.log")
    assert "No such file" in log.problem()
    with pytest.raises(Conflict, match="No such file"):
        log.checkpoint()


@pytest.mark.parametrize("since", ["", "2:0:0:x", "1:a:b:c", "1:0"])
def test_a_foreign_checkpoint_is_refused(path: Path, since: str) -> None:
    with pytest.raises(BadAnswer):
        found(path, since)


def test_what_log_raw_would_show_does_not_come_out() -> None:
    raw = entry(
        response={
            "auth": {"client_token": "s.plain", "accessor": "plain-accessor"},
            "data": {"password": "plain-password", "keys": ["plain-key"], "n": 1},
        }
    )
    request = raw["request"]
    assert isinstance(request, dict)
    request["client_token"] = "s.plain-too"
    request["data"] = {"password": "plain-word", "hashed": "hmac-sha256:bb"}
    event = event_of(raw)
    assert event
    assert "plain" not in event.raw
    assert "hmac-sha256:bb" in event.raw


def test_hostile_text_in_the_log_is_made_visible() -> None:
    event = event_of(entry(error="no\x1b]52;c;x\x07", auth={"display_name": "a\u202eb"}))
    assert event
    assert not {"\x1b", "\x07", "\u202e"} & set(event.error + event.actor + event.raw)


def test_an_entry_of_no_operation_is_no_event() -> None:
    assert event_of({}) is None
    plain = entry()
    request = plain["request"]
    assert isinstance(request, dict)
    request["headers"] = {}
    assert event_of(plain) is None
