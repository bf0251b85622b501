"""The made-up organisation on Okta and 1Password: whole, always the same, drifted where it says."""

import stat
from datetime import date
from pathlib import Path

import pytest
from pydantic import SecretStr

from keyturn.demo.okta_onepassword import history, onepassword_side, slips
from keyturn.demo.okta_onepassword.config_file import APP_NAME, Sources, write_config
from keyturn.demo.okta_onepassword.naming import DAY_MS, account_id, group_id, okta_id
from keyturn.demo.okta_onepassword.teams import (
    BUILT_IN_GROUPS,
    GROUPS,
    PUSHED_GROUPS,
    TEAMS,
    mappings,
    vaults,
)
from keyturn.demo.okta_onepassword.tenants import Tenants, make_tenants
from keyturn.demo.okta_onepassword.workforce import workforce
from keyturn.demo.people import LEAVER
from keyturn.policy.load import load_policy
from keyturn_providers.records import Level
from keyturn_providers.simulated.okta import reading as okta
from keyturn_providers.simulated.onepassword import inspection as onepassword
from keyturn_providers.simulated.onepassword.seeds import BUILT_IN_IDS

NOW_MS = 1_795_651_200_000
BRIDGE = "http://127.0.0.1:1/scim"
OUTSIDERS = {login for login, _, _ in slips.STRANGERS}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Tenants:
    return make_tenants(tmp_path_factory.mktemp("tenants"), BRIDGE)


def test_about_240_people_60_groups_and_90_vaults() -> None:
    people = workforce()
    assert 235 <= len(people) <= 245
    assert len({one.login for one in people}) == len(people)
    assert all(one.login.isascii() for one in people)
    assert len(GROUPS) == len(set(GROUPS)) == 60
    assert len(vaults()) == 90


def test_every_team_is_full_and_led_by_one_of_its_own() -> None:
    people = workforce()
    leads = {one.manager for one in people}
    for team in TEAMS:
        mine = [one for one in people if one.team == team.group]
        assert len(mine) == team.size
        assert sum(one.login in leads for one in mine) >= (1 if team.size > 1 else 0)


def test_the_people_are_the_same_every_time() -> None:
    assert workforce() == workforce()


def test_what_should_be_names_only_groups_and_vaults_there_are() -> None:
    named = mappings()
    assert named.keys() <= set(GROUPS)
    assert {vault for grants in named.values() for vault, _ in grants} == set(vaults())
    assert all(level is not Level.NONE for grants in named.values() for _, level in grants)


def test_slips_name_only_what_there_is() -> None:
    logins = {one.login for one in workforce()} | OUTSIDERS
    named = {
        *slips.SUSPENDED_IN_OKTA,
        *slips.PUSH_FAILED,
        *slips.WITHOUT_ACCOUNT,
        *slips.SUSPENDED_HERE,
        *slips.INVITED_DAYS_AGO,
        *slips.NOT_CONFIRMED,
        *slips.ODD_STATE,
        *slips.SHOWN_AS,
        *slips.OLD_NAMES,
        *slips.OLD_ADDRESSES,
        *slips.OLD_GROUP_MEMBERS,
        slips.SECOND_LOGIN[0],
        *(one.login for one in slips.DIRECT_GRANTS),
        *(one.by for one in slips.DIRECT_GRANTS),
        *(one.owner for one in slips.OKTA_TOKENS),
        *(one.owner for one in slips.CONNECT_TOKENS if one.owner),
        *(login for _, login in slips.MISSING_MEMBERS | slips.STRAY_MEMBERS),
        *(login for found in slips.BUILT_IN_MEMBERS.values() for login in found),
    }
    assert named <= logins
    assert slips.BUILT_IN_MEMBERS.keys() <= BUILT_IN_GROUPS.keys() == BUILT_IN_IDS.keys()
    assert {one.vault for one in slips.DIRECT_GRANTS} <= vaults().keys()
    assert slips.GROUP_GRANT_SLIPS.keys() | slips.LATE_MEMBERS.keys() <= set(PUSHED_GROUPS)


def test_a_missing_member_is_missing_and_a_stray_one_is_there() -> None:
    members = {(one.group_id, one.user_id) for one in onepassword_side.members(workforce())}
    for group, login in slips.MISSING_MEMBERS:
        assert (group_id(group), account_id(login)) not in members
    for group, login in slips.STRAY_MEMBERS:
        assert (group_id(group), account_id(login)) in members


def test_history_goes_back_two_years_and_says_who_made_each_direct_grant() -> None:
    people = workforce()
    events = history.audit_events(people, NOW_MS)
    usages = tuple(history.item_usages(people, NOW_MS))
    assert [one.at_ms for one in events] == sorted(one.at_ms for one in events)
    floor = NOW_MS - history.YEARS_2 * DAY_MS
    times = [*(one.at_ms for one in events), *(one.at_ms for one in usages)]
    assert floor <= min(times) <= max(times) < NOW_MS
    assert len(usages) > 5_000
    assert sum(one.at_ms < NOW_MS - 600 * DAY_MS for one in usages) > 500
    made = {(one.object_id, one.aux_id) for one in events if one.object_type == "uva"}
    assert len(made) == sum(one.days <= history.YEARS_2 for one in slips.DIRECT_GRANTS)


def test_nobody_without_an_account_has_ever_used_an_item() -> None:
    people = workforce()
    never = {account_id(login) for login in (*slips.WITHOUT_ACCOUNT, *slips.INVITED_DAYS_AGO)}
    assert not never & {one.user_id for one in history.item_usages(people, NOW_MS)}


def test_the_leaver_took_something_out_before_leaving() -> None:
    mine = [
        one
        for one in history.item_usages(workforce(), NOW_MS)
        if one.user_id == account_id(LEAVER) and one.action in ("export", "share")
    ]
    assert mine
    assert all(NOW_MS - one.at_ms < 10 * DAY_MS for one in mine)


def test_the_configuration_is_valid_and_holds_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "keyturn.yaml"
    write_config(
        path,
        Sources(
            "http://127.0.0.1:1",
            "http://127.0.0.1:2/scim",
            "http://127.0.0.1:3",
            "http://127.0.0.1:4",
            "A",
            ["op"],
        ),
        date(2026, 11, 26),
    )
    loaded = load_policy(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(loaded.rules.mappings) == len(mappings()) + 1
    assert len(loaded.rules.exceptions) == len(slips.WAIVERS)


def test_both_tenants_hold_the_same_people_under_each_others_ids(made: Tenants) -> None:
    assert okta.user_status(made.okta, okta_id("00u", LEAVER)) == "SUSPENDED"
    assert onepassword.user_state(made.onepassword, account_id(LEAVER)) == "ACTIVE"
    (failed,) = slips.PUSH_FAILED
    push = okta.app_user(made.okta, APP_NAME, okta_id("00u", failed))
    assert push is not None
    assert (push.sync_state, push.external_id) == ("ERROR", account_id(failed))
    mapping = okta.mapping(made.okta, APP_NAME, slips.FAILED_MAPPING[0])
    assert mapping is not None
    assert mapping.status == "ERROR"


def test_tokens_are_new_each_time_and_not_in_the_clear_in_okta(
    made: Tenants, tmp_path: Path
) -> None:
    again = make_tenants(tmp_path, BRIDGE)
    assert isinstance(made.okta_token, SecretStr)
    assert made.okta_token != again.okta_token
    assert made.okta_token.get_secret_value().encode() not in made.okta.read_bytes()


def test_who_left_in_good_order_is_out_on_both_sides(made: Tenants) -> None:
    for login, _, days in slips.LEAVERS:
        assert days > 0
        assert okta.user_status(made.okta, okta_id("00u", login)) == "DEPROVISIONED"
        assert onepassword.user_state(made.onepassword, account_id(login)) == "SUSPENDED"


def test_joiners_who_have_not_begun_are_only_staged(made: Tenants) -> None:
    for login, _, _ in slips.STAGED:
        assert okta.user_status(made.okta, okta_id("00u", login)) == "STAGED"
