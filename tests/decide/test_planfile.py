"""A plan as a file: whole, sealed, and refused when anything it rests on changed."""

import hashlib
import json
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.decide.worlds import office

from keyturn.decide.drift import drift_in
from keyturn.decide.plan import plan_offboard, plan_sync
from keyturn.decide.planfile import (
    PlanFileError,
    digest,
    from_json,
    recorded,
    sealed,
    stale,
    to_json,
)
from keyturn.decide.plans import LeftAlone, Plan
from keyturn.decide.values import NotThatValue, from_plain, to_plain
from keyturn_providers.records import Level, Session


def _plan() -> Plan:
    org = office()
    org.direct_grant(1, "pay", Level.READ)
    context = org.context()
    return plan_offboard(org.who("d:d1"), (Session("T", "s1"),), context)


def test_round_trip() -> None:
    plan = _plan()
    assert from_json(to_json(plan)) == plan
    assert plan.id == plan.digest[:12]
    context = office().context()
    sync = plan_sync(drift_in(context.world), context)
    assert from_json(to_json(sync)) == sync


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=8), min_size=3, max_size=3))
def test_round_trip_of_any_text(texts: list[str]) -> None:
    plan = sealed(replace(_plan(), title=texts[0], left_alone=(LeftAlone(texts[1], texts[2]),)))
    text = to_json(plan).encode("utf-8", "surrogatepass").decode("utf-8", "surrogatepass")
    assert from_json(text) == plan


def test_a_changed_plan_is_refused_whatever_was_changed() -> None:
    plain = json.loads(to_json(_plan()))
    for name, value in plain.items():
        if isinstance(value, str) and name not in {"scope", "confirm_with"}:
            with pytest.raises(PlanFileError, match="digest does not fit"):
                from_json(json.dumps({**plain, name: value + "x"}))
    plain["operations"] = plain["operations"][:-1]
    with pytest.raises(PlanFileError, match="digest does not fit"):
        from_json(json.dumps(plain))


def test_the_digest_is_over_everything_but_itself() -> None:
    plan = _plan()
    assert digest(replace(plan, id="x", digest="y")) == plan.digest
    assert digest(replace(plan, created_ms=plan.created_ms + 1)) != plan.digest


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "no plan"),
        ("{}", "no plan"),
        ('{"format": "1"}', "no plan"),
        ('{"format": 3}', "format 3"),
        ('{"format": 1}', "format 1"),
        ('{"format": 2}', "damaged"),
    ],
)
def test_what_is_no_plan_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(PlanFileError, match=why):
        from_json(text)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("scope", "everything"),
        ("scope", 3),
        ("created_ms", "1"),
        ("created_ms", True),
        ("operations", {}),
        ("operations", [1]),
        ("operations", [{}]),
        ("left_alone", [{"words": "x"}]),
        ("left_alone", [{"words": "x", "reason": "y", "more": 1}]),
        ("title", None),
    ],
)
def test_odd_values_are_refused_by_place(name: str, value: object) -> None:
    plain = json.loads(to_json(_plan()))
    with pytest.raises(PlanFileError, match=rf"damaged: {name}"):
        from_json(json.dumps({**plain, name: value}))


def _as_format_1() -> dict[str, object]:
    """A plan as the format before this one had it."""
    plain = json.loads(to_json(_plan()))
    plain.update(format=1, id="", digest="")
    for operation in plain["operations"]:
        operation["stage"] = 0
        for change in (operation["change"], operation["inverse"]):
            for name in ("permissions", "email", "after_ms") if change else ():
                del change[name]
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    plain["digest"] = hashlib.sha256(text.encode()).hexdigest()
    plain["id"] = plain["digest"][:12]
    return {**plain}


def test_the_journal_s_older_plans_are_still_read() -> None:
    plain = _as_format_1()
    with pytest.raises(PlanFileError, match="format 1"):
        from_json(json.dumps(plain))
    found = recorded(json.dumps(plain))
    assert (found.format, found.id) == (1, plain["id"])
    now = _plan()
    assert [o.change for o in found.operations] == [o.change for o in now.operations]
    assert [o.stage for o in found.operations] == [o.stage for o in now.operations]
    assert recorded(to_json(now)) == now


def test_an_older_plan_that_was_changed_or_damaged_is_refused() -> None:
    plain = _as_format_1()
    with pytest.raises(PlanFileError, match="digest does not fit"):
        recorded(json.dumps({**plain, "title": "Other"}))
    for broken in ({"operations": 3}, {"operations": [3]}, {"operations": [{"change": 3}]}):
        damaged = {**plain, **broken, "id": "", "digest": ""}
        text = json.dumps(damaged, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        damaged["digest"] = hashlib.sha256(text.encode()).hexdigest()
        with pytest.raises(PlanFileError, match="damaged"):
            recorded(json.dumps(damaged))


def test_stale_says_what_changed() -> None:
    plan = replace(_plan(), policy_digest="p")
    tenants = {"idp": "tenant-directory", "bao": "tenant-secrets"}

    def why(policy: str = "p", program: str = "0.1.0", **now: str) -> str | None:
        return stale(plan, policy_digest=policy, tenants={**tenants, **now}, program=program)

    assert why() is None
    assert "policy was changed" in str(why(policy="q"))
    assert "0.2.0" in str(why(program="0.2.0"))
    assert "tenant other" in str(why(bao="other"))
    gone = stale(plan, policy_digest="p", tenants={}, program="0.1.0")
    assert "idp" in str(gone)


@dataclass(frozen=True, slots=True)
class _Odd:
    share: float
    note: str | None


def test_plain_values_keep_floats_and_nothing() -> None:
    for value in (_Odd(0.5, None), _Odd(2.0, "x")):
        assert from_plain(_Odd, to_plain(value)) == value
    assert from_plain(_Odd, {"share": 2, "note": None}) == _Odd(2, None)
    with pytest.raises(NotThatValue, match="value: an object"):
        from_plain(_Odd, 1)
    with pytest.raises(NotThatValue, match="value: a list"):
        from_plain(tuple[str, ...], "x")
    with pytest.raises(NotThatValue, match="value: int"):
        from_plain(str, 1)
    with pytest.raises(NotThatValue, match="missing or not known"):
        from_plain(_Odd, {})
    with pytest.raises(TypeError, match="set"):
        to_plain({1})
