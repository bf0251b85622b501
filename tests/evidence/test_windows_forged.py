"""Exposure windows that were shortened, with every digest made to fit."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.evidence.forging import rewritten
from tests.evidence.offices import left
from tests.evidence.test_case_bundle import Desk, desk

from keyturn_providers.records import AccountState

__all__ = ["desk"]
LEFT = "2027-01-15T07:00+01:00"
PLACE = "leaver.json, systems, corp-vault, exposure: "
EARLIER = "2027-01-15T07:30:00.000Z"


def exposure_of(plain: dict[str, Any], side: str) -> dict[str, Any]:
    found: dict[str, Any] = next(x for x in plain["systems"] if x["side"] == side)["exposure"]
    return found


async def test_an_earlier_end_is_found(desk: Desk, tmp_path: Path) -> None:
    await desk.out()

    def earlier(plain: dict[str, Any]) -> None:
        told = exposure_of(plain, "secrets")
        assert not told["open"]
        told["windows"][0] |= {"until": EARLIER, "minutes": 90}
        told |= {"cut": EARLIER, "minutes": 90}

    made = desk.report(left(LEFT))
    assert rewritten(made.bundle, lambda _: None, tmp_path / "b") == []
    assert rewritten(made.bundle, earlier, tmp_path / "b") == [
        f"{PLACE}it ends where no cut is proven by the journal's lines"
    ]
    fewer = rewritten(
        made.bundle, lambda plain: exposure_of(plain, "secrets").update(minutes=1), tmp_path / "b"
    )
    assert fewer == [f"{PLACE}its minutes or its end are not what its windows add up to"]


@pytest.mark.parametrize("how", ["undo", "by itself"])
async def test_a_window_that_was_taken_out_is_found(desk: Desk, tmp_path: Path, how: str) -> None:
    first = await desk.out()
    desk.later(1)
    if how == "undo":
        await desk.back(first)
    else:
        tenant = desk.pair.secrets.tenant
        tenant.accounts["s-001"] = replace(tenant.accounts["s-001"], state=AccountState.ACTIVE)
        await desk.look_again(first)

    def closed(plain: dict[str, Any]) -> None:
        told = exposure_of(plain, "secrets")
        window = told["windows"][0]
        told |= {
            "windows": [window], "open": False, "cut": window["until"],
            "minutes": window["minutes"], "at_most": False,
        }  # fmt: skip

    made = desk.report(left(LEFT))
    assert rewritten(made.bundle, lambda _: None, tmp_path / "b") == []
    assert rewritten(made.bundle, closed, tmp_path / "b") == [
        f"{PLACE}the account was brought back later, and no window says so"
    ]
