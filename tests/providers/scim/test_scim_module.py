"""What opening the connector costs and refuses, without a server."""

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError
from tests.fault.scim_tenant import ScimTenant, people
from tests.fault.server import fault_server

from keyturn_providers.contract import Surroundings
from keyturn_providers.errors import Misconfigured
from keyturn_providers.scim import PROVIDER, ScimSettings
from keyturn_providers.scim.client import literal
from keyturn_providers.scim.payloads import explain, list_page, server_facts, whole_number


def test_finding_the_connector_loads_no_http_library() -> None:
    code = (
        "import sys; from keyturn_providers.registry import find; find('scim');"
        "print(sorted({'httpx', 'scim2_models', 'stamina', 'ssl'} & set(sys.modules)))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert told.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"url": "http://idp.example/scim"}, "Plain http to idp.example"),
        ({"url": "idp.example"}, "must look like https://"),
        ({"url": "https://idp.example", "page_size": 0}, "page_size"),
        ({"url": "https://idp.example", "paging": "pages"}, "paging"),
        ({"url": "https://idp.example", "token": "abc"}, "token"),
        ({}, "url"),
    ],
)
def test_settings_that_cannot_work(settings: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ScimSettings.model_validate(settings)
    assert words in str(caught.value)


def test_a_ca_file_that_is_missing_is_told_on_opening(tmp_path: Path) -> None:
    settings = ScimSettings(url="https://idp.example", ca_file=tmp_path / "none.pem")
    with pytest.raises(Misconfigured, match=r"idp: .*none\.pem cannot be used"):
        PROVIDER.open("idp", settings, Surroundings(secret=lambda: SecretStr("x")))


@pytest.mark.parametrize(
    ("location", "tenant"),
    [
        ("https://idp.example/acme/v2/ServiceProviderConfig", "https://idp.example/acme/v2"),
        ("https://idp.example/acme/v2/", "https://idp.example/acme/v2"),
        ("/v2/ServiceProviderConfig", None),
        ("https://idp.exa\u202emple/", None),
        (7, None),
        (None, None),
    ],
)
async def test_who_the_server_says_it_is(location: object, tenant: str | None) -> None:
    config = {"meta": {"location": location}, "patch": {"supported": False}}
    async with fault_server(ScimTenant(people(1), config=config)) as server:
        settings = ScimSettings(url=server.url, own_account="u0")
        connector = PROVIDER.open("idp", settings, Surroundings(secret=lambda: SecretStr("x")))
        about = await connector.about()
        await connector.aclose()
        assert about.source.tenant == (tenant or server.url)
    assert about.own is not None
    assert about.own.account_id == "u0"
    assert any("no PATCH" in note for note in about.notes)


async def test_a_server_without_a_configuration_is_read_all_the_same() -> None:
    async with fault_server(ScimTenant(people(1))) as server:
        settings = ScimSettings(url=server.url)
        connector = PROVIDER.open("idp", settings, Surroundings(secret=lambda: SecretStr("x")))
        about = await connector.about()
        await connector.aclose()
        assert about.source.tenant == server.url


def test_a_filter_literal_cannot_be_left() -> None:
    assert literal("u1") == '"u1"'
    assert literal('a" or "b') == '"a\\" or \\"b"'
    assert literal("back\\slash") == '"back\\\\slash"'
    assert literal("ä") == '"ä"'


@pytest.mark.parametrize(
    ("value", "number"),
    [
        *[(5, 5), ("5", 5), (" 5 ", 5), (5.0, 5), (0, 0), (-1, None), ("-1", None), (True, None)],
        *[("five", None), (None, None), (5.5, None), ("٥", None), ([], None)],
    ],
)
def test_whole_numbers(value: object, number: int | None) -> None:
    assert whole_number(value) == number


def test_an_error_body_is_told_in_its_own_words() -> None:
    body = b'{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"409",'
    body += b'"scimType":"uniqueness","detail":"taken"}'
    assert explain(body) == "uniqueness: taken"
    for other in (b"", b"<html>", b"[]", b'{"detail":"x"}', b"\xff"):
        assert explain(other) == ""


@pytest.mark.parametrize("payload", [None, [], "x", {}, {"message": "x"}, {"Resources": {}}])
def test_what_is_no_list_is_refused(payload: object) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        list_page(payload)


def test_hints_of_any_shape_are_only_hints() -> None:
    odd_ones: list[object] = [
        None,
        [],
        {"pagination": [], "sort": "yes", "patch": {"supported": "maybe"}},
    ]
    for odd in odd_ones:
        assert server_facts(odd) == server_facts({})
    facts = server_facts({"pagination": {"cursor": "true"}, "patch": {"supported": False}})
    assert facts.cursor
    assert facts.patch is False
