"""Carriers survive every name, and nothing else is taken for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyturn_providers.openbao.carriers import (
    Carrier,
    CarrierKind,
    Holder,
    parse_carrier,
    parse_holder,
)

NAME = st.text(min_size=1, max_size=20)


@given(kind=st.sampled_from(CarrierKind), first=NAME, second=NAME, policy=NAME)
def test_there_and_back(kind: CarrierKind, first: str, second: str, policy: str) -> None:
    two = kind in {CarrierKind.USERPASS, CarrierKind.ROLE}
    carrier = Carrier(Holder(kind, (first, second) if two else (first,)), policy)
    assert parse_carrier(carrier.text) == carrier
    assert parse_holder(carrier.holder.text) == carrier.holder


def test_the_documented_form() -> None:
    assert Carrier(Holder(CarrierKind.ENTITY, ("e1",)), "pay").text == "entity/e1/policy/pay"
    nested = Carrier(Holder(CarrierKind.USERPASS, ("team/up", "ana")), "team/pay")
    assert nested.text == "userpass/team%2Fup/ana/policy/team%2Fpay"


def test_a_policy_called_policy_is_no_trap() -> None:
    odd = Carrier(Holder(CarrierKind.ROLE, ("policy", "policy")), "policy")
    assert parse_carrier(odd.text) == odd


@pytest.mark.parametrize(
    "text",
    [
        "",
        "entity/e1",
        "entity/e1/policy/",
        "entity//policy/p",
        "vault/7/policy/p",
        "entity/e1/x/policy/p",
        "userpass/up/policy/p",
        "entity/e1/policy/a/b",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_carrier(text)
