"""The made-up organisation: believable, and drifted only where it says so."""

import stat
import unicodedata
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from keyturn.demo.openbao.config_file import (
    DIRECTORY_TOKEN,
    SECRETS_TOKEN,
    config_text,
    write_config,
)
from keyturn.demo.openbao.fill import Filled
from keyturn.demo.openbao.fill_directory import DirectoryIds, user_payload
from keyturn.demo.openbao.fill_secrets import SecretsIds
from keyturn.demo.openbao.filling import text_at, together
from keyturn.demo.openbao.organisation import (
    EVERYONE,
    GROUP_GRANT_SLIPS,
    GROUPS,
    MAPPINGS,
    NESTED,
    SHARED_POLICY,
    SHARED_VAULTS,
    SHOWN_AS,
    VAULTS,
    WITHOUT_STATE,
    group_policies,
    policy_name,
)
from keyturn.demo.openbao.servers import Servers
from keyturn.demo.openbao.vault_policies import KEYTURN_POLICY, policies
from keyturn.demo.people import LEAVER, manager_of, members
from keyturn_providers.errors import BadAnswer
from keyturn_providers.openbao.policy import allowed_on, read_policy
from keyturn_providers.records import Level

TODAY = date(2026, 11, 23)


def test_about_sixty_people_with_names_of_many_scripts_and_lengths() -> None:
    people = members()
    assert 55 <= len(people) <= 70
    assert len({one.login for one in people}) == len(people)
    assert all(one.login.isascii() for one in people)
    scripts = {
        unicodedata.name(char).split()[0] for one in people for char in one.name if char.isalpha()
    }
    assert scripts >= {
        "LATIN",
        "CYRILLIC",
        "GREEK",
        "ARABIC",
        "HEBREW",
        "CJK",
        "HIRAGANA",
        "HANGUL",
        "DEVANAGARI",
        "THAI",
    }
    lengths = [len(one.name) for one in people]
    assert min(lengths) == 1
    assert max(lengths) > 60
    assert any("'" in one.name for one in people)


def test_twelve_groups_one_nested_and_ten_vaults_each_with_a_manager() -> None:
    assert len(GROUPS) == 12
    assert len(NESTED) == 1
    assert len(VAULTS) == 10
    managed = {v for grants in MAPPINGS.values() for v, level in grants if level is Level.MANAGE}
    assert managed == set(VAULTS)
    named = {group for one in members() for group in one.groups} | {EVERYONE}
    assert named == set(GROUPS)


def test_managers_lead_to_the_top() -> None:
    by_login = {one.login: one for one in members()}
    for one in members():
        steps, boss = 0, manager_of(one)
        while boss:
            boss, steps = manager_of(by_login[boss]), steps + 1
            assert steps < 5


@pytest.mark.parametrize("level", [Level.LIST, Level.READ, Level.WRITE, Level.MANAGE])
def test_each_policy_gives_its_level_on_its_vault_and_nothing_elsewhere(level: Level) -> None:
    texts = policies()
    for vault in VAULTS:
        name = policy_name(vault, level)
        policy = read_policy(name, texts[name])
        given = {other: allowed_on(policy, other, 2).level for other in VAULTS}
        assert given.pop(vault) is level
        assert set(given.values()) == {Level.NONE}


def test_keyturn_itself_can_open_no_vault() -> None:
    policy = read_policy(KEYTURN_POLICY, policies()[KEYTURN_POLICY])
    assert {allowed_on(policy, vault, 2).level for vault in VAULTS} == {Level.NONE}


def test_groups_hold_what_the_policy_wants_but_for_the_slips() -> None:
    texts = policies()
    for group in GROUPS:
        held = {
            vault: allowed_on(read_policy(name, texts[name]), vault, 2).level
            for name in group_policies(group)
            for vault in VAULTS
            if allowed_on(read_policy(name, texts[name]), vault, 2).level is not Level.NONE
        }
        wanted = dict(MAPPINGS.get(group, ()))
        for vault, level in GROUP_GRANT_SLIPS.get(group, {}).items():
            assert wanted.pop(vault, None) is not level
            assert held.pop(vault, Level.NONE) is level
        assert held == wanted
    assert group_policies("security").count(SHARED_POLICY) == 1
    assert not {policy_name(v, Level.MANAGE) for v in SHARED_VAULTS} & set(
        group_policies("security")
    )


def test_a_person_as_scim() -> None:
    people = {one.login: one for one in members()}
    dana = user_payload(people[LEAVER], 7)
    assert dana["active"] is False
    assert dana["userName"] == people[LEAVER].email
    (stateless,) = WITHOUT_STATE
    assert "active" not in user_payload(people[stateless], 8)
    (hostile,) = SHOWN_AS
    assert "\x1b" in str(user_payload(people[hostile], 9)["displayName"])


def filled() -> tuple[Servers, Filled]:
    servers = Servers(
        directory=Path("/nowhere"),
        scim_url="http://127.0.0.1:1/v2",
        scim_token=SecretStr("scim-token"),
        bao_url="http://127.0.0.1:2",
        bao_root_token=SecretStr("root-token"),
        audit_log=Path('/nowhere/a "quoted" one'),
    )
    logins = [one.login for one in members()]
    return servers, Filled(
        DirectoryIds({x: f"u-{x}" for x in logins}, {g: f"0{n}e1" for n, g in enumerate(GROUPS)}),
        SecretsIds({v: f"kv_{v}" for v in VAULTS}, {}, {}, SecretStr("keyturn-token"), {}),
    )


def test_the_configuration_is_yaml_without_a_token() -> None:
    servers, organisation = filled()
    text = config_text(servers, organisation, TODAY)
    told: dict[str, Any] = yaml.safe_load(text)
    assert told["directory"]["token_env"] == DIRECTORY_TOKEN
    assert told["secrets"]["token_env"] == SECRETS_TOKEN
    assert told["secrets"]["audit_log"] == str(servers.audit_log)
    assert len(told["mappings"]) == len(MAPPINGS) + 1
    # An id of digits and an e would be a number without its quotes.
    assert {type(one["group"]["id"]) for one in told["mappings"]} == {str}
    live, expired = told["exceptions"]
    assert live["until"] > TODAY > expired["until"]
    for token in ("scim-token", "root-token", "keyturn-token"):
        assert token not in text


def test_the_configuration_is_for_its_user_alone(tmp_path: Path) -> None:
    path = tmp_path / "keyturn.yaml"
    write_config(path, *filled(), TODAY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_jobs_have_all_ended_when_the_first_failure_comes() -> None:
    done: list[int] = []

    async def job(number: int) -> int:
        if number == 1:
            raise BadAnswer("demo", "filling", "No.", "")
        done.append(number)
        return number

    with pytest.raises(BadAnswer):
        await together(job(number) for number in range(4))
    assert done == [0, 2, 3]
    assert await together(job(number) for number in (2, 0)) == [2, 0]


def test_an_answer_without_the_expected_text_is_told() -> None:
    assert text_at({"data": {"id": "x"}}, "data", "id") == "x"
    odd: tuple[object, ...] = ({}, {"data": None}, {"data": {"id": 3}}, [])
    for answer in odd:
        with pytest.raises(BadAnswer, match=r"There is no data\.id"):
            text_at(answer, "data", "id")
