"""What a server that cuts, lies, changes meanwhile or is another version does to the reads."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from tests.fault.server import Reply, Request
from tests.providers.openbao.fake_vault import (
    NOTHING,
    TOKEN,
    FakeVault,
    data,
    serving,
    small_vault,
    told,
)

from keyturn_providers.abilities import Page
from keyturn_providers.errors import (
    BadAnswer,
    Conflict,
    Gone,
    NotAllowed,
    OutcomeUnknown,
    ProviderError,
    Unreachable,
)
from keyturn_providers.openbao.reader import OpenBaoReader
from keyturn_providers.registry import check

LISTINGS: dict[str, Callable[[OpenBaoReader], AsyncIterator[Page[object]]]] = {
    "accounts": lambda reader: reader.accounts(),
    "groups": lambda reader: reader.groups(),
    "members": lambda reader: reader.memberships("g1"),
    "vaults": lambda reader: reader.vaults(),
    "grants": lambda reader: reader.grants("kv_1"),
    "machines": lambda reader: reader.machines(),
}


async def outcome(pages: AsyncIterator[Page[object]]) -> tuple[frozenset[object], str]:
    """The records and the proof of a listing; without proof where it failed."""
    records: set[object] = set()
    proof = ""
    try:
        async for page in pages:
            records.update(page.records)
            proof = page.proof
            if any(odd.id is None for odd in page.unreadable):
                proof = ""
    except ProviderError:
        return frozenset(records), ""
    return frozenset(records), proof


async def all_outcomes(vault: FakeVault) -> dict[str, tuple[frozenset[object], str]]:
    async with serving(vault) as (_, connector):
        found = {}
        for name, listing in LISTINGS.items():
            found[name] = await outcome(listing(connector.reader()))
        return found


async def paths_of_a_whole_read() -> list[tuple[str, bool]]:
    vault = small_vault()
    async with serving(vault) as (server, connector):
        for listing in LISTINGS.values():
            await outcome(listing(connector.reader()))
        return sorted({(r.path, "list" in r.query) for r in server.seen})


@pytest.mark.parametrize(
    "bad",
    [
        Reply(200, b"<html>sign in</html>", {"Content-Type": "text/html"}),
        Reply(200, b'{"data": {"keys": ["e1"'),
        told({"data": None}),
        told({"errors": ["1 error occurred: permission denied"]}, 403),
        told({"errors": ['no handler for route "x"']}, 404),
        told({"errors": ["odd"]}, 400),
    ],
    ids=["html", "torn", "null", "forbidden", "no-route", "bad-request"],
)
async def test_whatever_answer_goes_wrong_no_listing_is_proven_with_less(bad: Reply) -> None:
    whole = await all_outcomes(small_vault())
    assert all(proof for _, proof in whole.values())
    for path, is_list in await paths_of_a_whole_read():
        vault = small_vault()

        def instead(request: Request, path: str = path, is_list: bool = is_list) -> Reply | None:
            return bad if (request.path, "list" in request.query) == (path, is_list) else None

        vault.before = instead
        for name, (records, proof) in (await all_outcomes(vault)).items():
            if proof and "not visible" not in proof:
                assert records == whole[name][0], (name, path)


async def test_a_vault_without_detailed_policies_is_read_one_by_one() -> None:
    records, proof = (await all_outcomes(small_vault()))["grants"]
    carriers = {getattr(grant, "carrier", "") for grant in records}
    assert "entity/e1/policy/read" in carriers
    assert proof
    async with serving(small_vault()) as (server, connector):
        await outcome(connector.reader().grants("kv_1"))
        assert "GET /v1/sys/policies/acl/read" in server.methods()


async def test_its_abilities_are_what_it_declares() -> None:
    async with serving(small_vault()) as (_, connector):
        check(await connector.about(), connector.reader(), connector.writer())


async def test_an_entity_that_goes_meanwhile_is_left_out_and_said_so() -> None:
    vault = small_vault()

    def vanish(request: Request) -> Reply | None:
        if request.path == "/v1/identity/entity/id/e2":
            vault.objects.pop("identity/entity/id/e2", None)
        return None

    vault.before = vanish
    records, proof = (await all_outcomes(vault))["accounts"]
    assert {getattr(account, "id", "") for account in records} == {"e1"}
    assert "1 of the first LIST had gone" in proof


async def test_an_entity_that_comes_while_another_goes_is_read_too() -> None:
    vault = small_vault()

    def swap(request: Request) -> Reply | None:
        if request.path == "/v1/identity/entity/id/e2":
            vault.objects.pop("identity/entity/id/e2", None)
            vault.objects["identity/entity/id/e3"] = {"id": "e3", "name": "cleo"}
        return None

    vault.before = swap
    records, proof = (await all_outcomes(vault))["accounts"]
    assert {getattr(account, "id", "") for account in records} == {"e1", "e3"}
    assert proof


async def test_an_id_that_is_listed_and_cannot_be_read_proves_nothing() -> None:
    vault = small_vault()
    vault.before = lambda r: NOTHING if r.path == "/v1/identity/entity/id/e2" else None
    async with serving(vault) as (_, connector):
        with pytest.raises(Conflict, match="twice in a row"):
            [page async for page in connector.reader().accounts()]


@pytest.mark.parametrize("keys", [["e1", "e1"], ["e1", 7], "e1", None])
async def test_odd_lists_prove_nothing(keys: object) -> None:
    vault = small_vault()
    vault.before = lambda r: data({"keys": keys}) if r.path == "/v1/identity/entity/id" else None
    async with serving(vault) as (_, connector):
        with pytest.raises(BadAnswer):
            [page async for page in connector.reader().accounts()]


async def test_an_odd_entity_is_kept_as_unreadable_and_its_grants_are_not_known() -> None:
    vault = small_vault()
    vault.objects["identity/entity/id/e2"]["policies"] = {"not": "a list"}
    async with serving(vault) as (_, connector):
        reader = connector.reader()
        [accounts] = [page async for page in reader.accounts()]
        [grants] = [page async for page in reader.grants("kv_1")]
    assert [account.id for account in accounts.records] == ["e1"]
    assert [odd.id for odd in accounts.unreadable] == ["e2"]
    assert "policies" in accounts.unreadable[0].reason
    assert accounts.proof
    assert accounts.expected == 2
    assert [odd.id for odd in grants.unreadable] == [None]


async def test_an_entity_answered_with_another_id_is_unreadable() -> None:
    vault = small_vault()
    vault.objects["identity/entity/id/e2"]["id"] = "e1"
    async with serving(vault) as (_, connector):
        [page] = [page async for page in connector.reader().accounts()]
        with pytest.raises(BadAnswer, match="another id"):
            await connector.reader().read_account("e2")
    assert [account.id for account in page.records] == ["e1"]
    assert [odd.id for odd in page.unreadable] == ["e2"]


async def test_a_policy_not_understood_is_counted_and_gives_unknown() -> None:
    vault = small_vault()
    vault.objects["sys/policies/acl/read"]["policy"] = "path {{{"
    async with serving(vault) as (_, connector):
        [page] = [page async for page in connector.reader().grants("kv_1")]
    assert {grant.level.value for grant in page.records} == {"unknown"}
    assert [odd.id for odd in page.unreadable] == ["policy/read"]


async def test_tokens_that_end_meanwhile_are_left_out() -> None:
    vault = small_vault()

    def ended(request: Request) -> Reply | None:
        if request.path == "/v1/auth/token/lookup-accessor" and b"t1" in request.body:
            return told({"errors": ["1 error occurred: invalid accessor"]}, 403)
        return None

    vault.before = ended
    async with serving(vault) as (_, connector):
        [page] = [page async for page in connector.reader().machines()]
    assert {m.id for m in page.records} == {"token/own", "userpass/userpass/ana"}
    assert page.proof


async def test_a_group_that_is_unknown_is_gone_not_empty() -> None:
    async with serving(small_vault()) as (_, connector):
        reader = connector.reader()
        with pytest.raises(Gone):
            [page async for page in reader.memberships("nowhere")]
        with pytest.raises(Gone):
            [page async for page in reader.grants("nowhere")]


async def test_one_read_serves_all_listings_of_a_reader() -> None:
    async with serving(small_vault()) as (server, connector):
        reader = connector.reader()
        for listing in (reader.accounts(), reader.groups(), reader.machines()):
            await outcome(listing)
        await outcome(reader.grants("kv_1"))
        assert server.methods().count("GET /v1/identity/entity/id/e1") == 1
        await outcome(connector.reader().accounts())
        assert server.methods().count("GET /v1/identity/entity/id/e1") == 2


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (429, "standby node"),
        (472, "disaster-recovery standby"),
        (501, "not initialised"),
        (503, "sealed"),
    ],
)
async def test_a_server_that_does_not_serve_is_said_to(status: int, says: str) -> None:
    vault = small_vault()
    vault.before = lambda r: told({"sealed": True}, status) if "health" in r.path else None
    async with serving(vault) as (_, connector):
        with pytest.raises(Unreachable, match=says):
            await connector.about()


async def test_a_page_that_is_no_vault_has_no_tenant() -> None:
    vault = small_vault()
    vault.before = lambda r: told({"status": "ok"}) if "health" in r.path else None
    async with serving(vault) as (_, connector):
        with pytest.raises(Unreachable, match="which cluster"):
            await connector.about()


async def test_a_write_whose_answer_is_lost_is_unknown_and_sent_once() -> None:
    vault = small_vault()
    vault.objects["sys/config/auditing/request-headers/X-Keyturn-Op"] = {
        "X-Keyturn-Op": {"hmac": False}
    }
    vault.before = lambda r: (
        Reply(drop=True) if r.method == "POST" and "/entity/id/" in r.path else None
    )
    async with serving(vault) as (server, connector):
        with pytest.raises(OutcomeUnknown) as caught:
            await connector.writer().suspend("e1", "op-1")
        sent = [r for r in server.seen if r.method == "POST"]
    assert len(sent) == 1
    assert json.loads(sent[0].body) == {"disabled": True}
    assert sent[0].headers["x-keyturn-op"] == "op-1"
    assert TOKEN not in str(caught.value)


async def test_a_change_the_server_does_not_take_says_why() -> None:
    vault = small_vault()
    vault.before = lambda r: (
        told({"errors": ["policies cannot contain \x1b[31mroot"]}, 400)
        if r.method == "POST" and "/group/" in r.path
        else None
    )
    async with serving(vault) as (_, connector):
        with pytest.raises(Conflict, match="policies cannot contain") as caught:
            await connector.writer().remove_membership("g1", "e1", "op-1")
    assert "\x1b" not in str(caught.value)


async def test_a_header_that_may_not_be_set_is_said_in_the_receipt() -> None:
    vault = small_vault()
    vault.before = lambda r: (
        told({"errors": ["permission denied"]}, 403) if "auditing" in r.path else None
    )
    async with serving(vault) as (_, connector):
        receipt = await connector.writer().remove_membership("g1", "e1", "op-1")
        about = await connector.about()
    assert "does not log X-Keyturn-Op" in receipt.note
    assert about.source.tenant == "c-1"


async def test_nobody_else_is_blamed_when_the_list_of_mounts_is_forbidden() -> None:
    vault = small_vault()
    vault.before = lambda r: (
        told({"errors": ["permission denied"]}, 403) if r.path == "/v1/sys/mounts" else None
    )
    async with serving(vault) as (_, connector):
        with pytest.raises(NotAllowed, match="reading the mounts"):
            [page async for page in connector.reader().vaults()]


@pytest.mark.parametrize(
    ("devices", "wanted", "says"),
    [
        ({"file/": {"type": "file"}}, "", ""),
        ({"file/": {"type": "file"}, "s/": {"type": "syslog"}}, "file", ""),
        ({"s/": {"type": "syslog"}}, "", "no audit device of type file"),
        ({"file/": {"type": "file"}}, "other", "no file audit device other (it has file)"),
        ({}, "", "no audit device of type file"),
    ],
)
async def test_a_server_that_does_not_write_the_log_is_a_blind_spot(
    devices: dict[str, object], wanted: str, says: str, tmp_path: Path
) -> None:
    vault = small_vault()
    vault.objects["sys/audit"] = devices
    log = tmp_path / "audit.log"
    log.touch()
    async with serving(vault, log, wanted) as (_, connector):
        spots = [s for s in (await connector.about()).blind_spots if "audit log" in s]
    assert len(spots) == bool(says)
    assert all(says in spot for spot in spots)


@pytest.mark.parametrize("path", ["auth/token/lookup-self", "sys/auth"])
async def test_an_answer_of_another_shape_is_a_bad_answer(path: str) -> None:
    vault = small_vault()
    vault.objects[path] = {"accessor": 7, "userpass/": ["odd"]}
    async with serving(vault) as (_, connector):
        with pytest.raises(BadAnswer):
            await connector.about()


async def test_a_live_read_asks_for_the_policies_it_needs_and_no_more() -> None:
    vault = small_vault()
    async with serving(vault) as (server, connector):
        account = await connector.reader().read_account("e1")
        assert "GET /v1/sys/policies/acl/read" in server.methods()
        assert "GET /v1/sys/policies/acl/default" not in server.methods()
        [listed] = [page async for page in connector.reader().accounts()]
    assert account in listed.records
