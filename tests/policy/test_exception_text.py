"""An exception as text says in keyturn.yaml exactly what was said, whatever is in a name."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from keyturn.policy.exception_text import (
    exception_text,
    in_90_days,
    permissions_of,
    until_problem,
)
from keyturn.policy.models import ExceptionPart
from keyturn_providers.records import Level

NOW_MS = 1_800_000_000_000
words = st.text(min_size=1).map(lambda text: " ".join(text.split())).filter(bool)


@settings(max_examples=40, deadline=None)
@given(person=words, vault=words, name=words, owner=words, reason=words, ticket=words | st.just(""))
def test_it_is_read_back_as_it_was_said(
    person: str, vault: str, name: str, owner: str, reason: str, ticket: str
) -> None:
    text = exception_text(
        person=person, vault_id=vault, vault_name=name, permissions="read", until="2027-01-31",
        owner=owner, reason=reason, ticket=ticket,
    )  # fmt: skip
    assert "\n" not in text
    (found,) = yaml.load(f"exceptions:\n{text}\n", yaml.BaseLoader)["exceptions"]
    assert found["person"] == person
    assert found["vault"] == {"id": vault, "name": name}
    assert (found["owner"], found["reason"], found.get("ticket", "")) == (owner, reason, ticket)


def test_the_policy_takes_it() -> None:
    text = exception_text(
        person="sam@acme.example", vault_id="b7", vault_name="Billing",
        permissions=permissions_of(Level.READ, ("view_items", "view_and_copy_passwords")),
        until=in_90_days(NOW_MS), owner="r.silva@acme.example", reason="year-end close",
    )  # fmt: skip
    (found,) = yaml.load(f"exceptions:\n{text}\n", yaml.BaseLoader)["exceptions"]
    part = ExceptionPart.model_validate(found)
    assert part.reason == "year-end close"


@pytest.mark.parametrize(
    ("level", "preset"),
    [(Level.LIST, "list"), (Level.READ, "read"), (Level.WRITE, "edit"), (Level.MANAGE, "manage"),
     (Level.UNKNOWN, "manage")],
)  # fmt: skip
def test_a_level_is_its_preset(level: Level, preset: str) -> None:
    assert permissions_of(level, ()) == preset


def test_a_last_day_is_a_day_to_come() -> None:
    assert until_problem(in_90_days(NOW_MS), NOW_MS) == ""
    assert "is over already" in until_problem("2020-01-31", NOW_MS)
    assert "write the last day such as" in until_problem("soon", NOW_MS)
    assert "write the last day such as" in until_problem("", NOW_MS)
