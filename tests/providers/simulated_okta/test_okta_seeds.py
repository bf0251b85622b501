"""A whole company is put in at once, and the program that serves it."""

import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from tests.children import LIMIT_S, reaped
from tests.providers.simulated_okta.acme import ROOT_TOKEN, SECRET

from keyturn_providers.simulated.okta import reading
from keyturn_providers.simulated.okta.manners import BUCKETS
from keyturn_providers.simulated.okta.seeding import (
    OktaApiToken,
    OktaGroup,
    OktaSeed,
    OktaUser,
    create,
    seed,
)
from keyturn_providers.simulated.wire import windows


def company(users: int, groups: int, each: int) -> OktaSeed:
    logins = [f"u{number}@acme.example" for number in range(users)]
    return OktaSeed(
        users=tuple(
            OktaUser(login, roles=("SUPER_ADMIN",) if number == 0 else ())
            for number, login in enumerate(logins)
        ),
        groups=tuple(
            OktaGroup(
                f"g{number}",
                members=tuple(logins[(number * 7 + k) % users] for k in range(each)),
            )
            for number in range(groups)
        ),
        api_tokens=(OktaApiToken("keyturn", logins[0], SECRET),),
    )


def test_ten_thousand_people_in_five_hundred_groups(tmp_path: Path) -> None:
    path = tmp_path / "okta.db"
    create(path)

    seed(path, company(10_000, 500, 40))

    assert len(reading.members(path, "Everyone")) == 10_000
    assert len(reading.members(path, "g499")) == 40
    assert len(reading.groups_of(path, "u3500@acme.example")) == 5 + 1


def test_a_seed_with_a_name_that_is_not_there_changes_nothing(org: Path) -> None:
    wrong = OktaSeed(
        users=(OktaUser("extra@acme.example"),), groups=(OktaGroup("x", members=("nobody",)),)
    )

    with pytest.raises(KeyError):
        seed(org, wrong)

    assert reading.user_status(org, "extra@acme.example") is None


def test_seeds_can_follow_each_other(org: Path) -> None:
    seed(org, OktaSeed(users=(OktaUser("extra@acme.example"),)))
    seed(org, OktaSeed(groups=(OktaGroup("later", members=("extra@acme.example",)),)))

    assert reading.groups_of(org, "extra@acme.example") == {"Everyone", "later"}


def test_the_program_serves_and_keeps_its_state(org: Path) -> None:
    for name in BUCKETS:
        windows.set_limit(org, name, 1_000_000)
    command = [sys.executable, "-m", "keyturn_providers.simulated.okta", str(org), "0"]
    told: list[str] = []
    for method, path in (("POST", "/lifecycle/suspend"), ("GET", "")):
        with reaped(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)) as server:
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            answer = httpx.request(
                method, f"{url}/api/v1/users/dana@acme.example{path}", headers=ROOT_TOKEN
            )
            told.append(answer.json().get("status", ""))

    assert told == ["", "SUSPENDED"]


def test_the_program_says_what_it_needs(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "keyturn_providers.simulated.okta", str(tmp_path / "no"), "0"]

    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=LIMIT_S)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert "there is no such state file" in ended.stderr
