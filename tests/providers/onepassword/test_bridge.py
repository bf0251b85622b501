"""The SCIM bridge: lists without an order, its own way to suspend, and its health in words."""

import copy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr
from tests.fault.scim_tenant import scim_error
from tests.fault.server import Reply, Request, fault_server
from tests.providers.onepassword.bridge_double import (
    TOKEN,
    BridgeDouble,
    bridge_group,
    bridge_user,
    health,
)

from keyturn_providers.abilities import Outcome, Page
from keyturn_providers.contract import (
    Check,
    Condition,
    Surroundings,
    Topic,
)
from keyturn_providers.errors import (
    BadAnswer,
    Conflict,
    Gone,
    NotAuthenticated,
    OutcomeUnknown,
    Unreachable,
)
from keyturn_providers.onepassword.bridge.client import scim_base
from keyturn_providers.onepassword.bridge.health import health_checks, health_of
from keyturn_providers.onepassword.bridge.listing import MOST_ROUNDS
from keyturn_providers.onepassword.bridge.settings import BridgeSettings
from keyturn_providers.onepassword.bridge.surface import BridgeSurface
from keyturn_providers.records import Account, AccountState, Group

NOW_MS = 1795449656000  # 2026-11-23T16:00:56Z


@asynccontextmanager
async def surface_of(double: BridgeDouble, path: str = "") -> AsyncIterator[BridgeSurface]:
    async with fault_server(double) as server:
        around = Surroundings(
            secret=lambda: SecretStr("not this one"),
            secret_of=lambda part: SecretStr({"bridge": TOKEN}[part]),
        )
        surface = BridgeSurface("1p", BridgeSettings(url=server.url + path, token_env="T"), around)
        try:
            yield surface
        finally:
            await surface.aclose()


def people(number: int) -> dict[str, dict[str, object]]:
    return {f"U{n}": bridge_user(f"U{n}", active=n != 0) for n in range(number)}


async def accounts(surface: BridgeSurface) -> list[Page[Account]]:
    return [page async for page in surface.reader().accounts()]


async def test_one_page_holds_everybody_whatever_the_order() -> None:
    double = BridgeDouble(people(30))
    async with surface_of(double) as surface:
        pages = await accounts(surface)
    found = {one.id: one for page in pages for one in page.records}
    assert len(found) == 30
    assert "30 users in 1 page" in pages[-1].proof
    assert found["U0"].state is AccountState.SUSPENDED
    assert (found["U1"].state, found["U1"].state_raw) == (AccountState.ACTIVE, "active or invited")


async def test_pages_in_changing_order_come_together_by_id() -> None:
    double = BridgeDouble(people(6), cap=4)
    async with surface_of(double) as surface:
        pages = await accounts(surface)
    ids = [one.id for page in pages for one in page.records]
    assert sorted(ids) == sorted(double.users)
    assert pages[-1].proof


async def test_a_list_that_does_not_come_together_is_not_whole() -> None:
    double = BridgeDouble(people(6), cap=3, shuffled=False)
    first = list(double.users.values())[:3]

    def before(request: Request) -> Reply | None:
        if request.path.endswith("/Users"):
            return BridgeDouble(double.users, shuffled=False, cap=3)._list(
                "Users",
                [*first, *first],
                request,
            )
        return None

    double.before = before
    async with surface_of(double) as surface:
        with pytest.raises(Conflict, match=rf"In {MOST_ROUNDS} rounds 3 of 6 users"):
            await accounts(surface)


async def test_who_left_between_two_rounds_does_not_stand_for_who_was_missed() -> None:
    """Over two rounds one person goes and another comes, so that the number stays."""
    double = BridgeDouble(people(4), cap=2, shuffled=False)
    orders = [["U0", "U1"], ["U0", "U1"], ["U2", "U0"], ["N", "U2"]]
    asked = 0

    def before(request: Request) -> Reply | None:
        nonlocal asked
        if not request.path.endswith("/Users") or asked == len(orders):
            return None
        rows = [double.users[one] for one in orders[asked]]
        asked += 1
        if asked == 2:
            double.users["N"] = bridge_user("N")
            del double.users["U1"]
        start = int(request.query["startIndex"])
        padded = [*([rows[0]] * (start - 1)), *rows, *([rows[0]] * (4 - start - 1))]
        return double._list("Users", padded, request)

    double.before = before
    async with surface_of(double) as surface:
        with pytest.raises(Conflict, match="changed while it was read"):
            await accounts(surface)


async def test_a_bridge_that_does_not_count_is_refused() -> None:
    double = BridgeDouble(before=lambda _: Reply(200, b'{"Resources": []}'))
    async with surface_of(double) as surface:
        with pytest.raises(BadAnswer):
            await accounts(surface)


async def test_ids_are_compared_with_their_case() -> None:
    double = BridgeDouble({one: bridge_user(one) for one in ("ABC", "abc")})
    async with surface_of(double) as surface:
        pages = await accounts(surface)
        assert await surface.reader().read_account("Abc") is None
    assert sorted(one.id for page in pages for one in page.records) == ["ABC", "abc"]


@pytest.mark.parametrize("coy", [False, True])
async def test_members_are_read_from_the_group_itself(coy: bool) -> None:
    groups = {"g1": bridge_group("g1", "U1", "U2", externalId="00g1"), "g2": bridge_group("g2")}
    double = BridgeDouble(people(3), groups, coy=coy)
    async with surface_of(double) as surface:
        reader = surface.reader()
        listed: list[Group] = [one async for page in reader.groups() for one in page.records]
        (page,) = [page async for page in reader.memberships("g1")]
        (empty,) = [page async for page in reader.memberships("g2")]
    assert {one.id: one.external_id for one in listed} == {"g1": "00g1", "g2": None}
    assert {one.member_id for one in page.records} == {"U1", "U2"}
    assert page.proof
    assert empty.records == ()
    assert empty.proof


@pytest.mark.parametrize("quiet", [False, True])
async def test_suspending_and_reactivating(quiet: bool) -> None:
    double = BridgeDouble(people(2), quiet=quiet)
    async with surface_of(double) as surface:
        writer, reader = surface.writer(), surface.reader()
        assert (await writer.suspend("U1", "op")).outcome is Outcome.APPLIED
        found = await reader.read_account("U1")
        assert found is not None
        assert found.state is AccountState.SUSPENDED
        assert (await writer.suspend("U1", "op")).outcome is Outcome.ALREADY_SO
        assert (await writer.reactivate("U1", "op")).outcome is Outcome.APPLIED
        assert (await writer.reactivate("U1", "op")).outcome is Outcome.ALREADY_SO
        with pytest.raises(Gone):
            await writer.suspend("NOBODY", "op")


async def test_where_patch_is_refused_delete_suspends() -> None:
    double = BridgeDouble(people(2), patch_refused=True)
    async with surface_of(double) as surface:
        receipt = await surface.writer().suspend("U1", "op")
        with pytest.raises(Conflict):
            await surface.writer().reactivate("U0", "op")
    assert "DELETE" in receipt.note
    assert double.users["U1"]["active"] is False


async def test_a_lost_answer_to_the_patch_is_not_followed_by_a_delete() -> None:
    methods = []

    def before(request: Request) -> Reply | None:
        methods.append(request.method)
        return Reply(drop=True) if request.method == "PATCH" else None

    async with surface_of(BridgeDouble(people(2), before=before)) as surface:
        with pytest.raises(OutcomeUnknown):
            await surface.writer().suspend("U1", "op")
    assert methods[-1] == "PATCH"


@pytest.mark.parametrize("path", ["", "/scim", "/scim/v2"])
async def test_every_form_of_the_address_works_and_health_is_at_the_root(path: str) -> None:
    async with surface_of(BridgeDouble(people(1)), path) as surface:
        view = await surface.look()
    assert view.version == "SCIM bridge 2.9.16"
    assert [check.condition for check in view.checks if check.topic is Topic.HEALTH] == [
        Condition.WELL
    ] * 5


def test_hosted_provisioning_keeps_its_own_path() -> None:
    assert scim_base("https://scim.acme.example") == "https://scim.acme.example/scim"
    assert scim_base("https://p.1password.com/a/b") == "https://p.1password.com/a/b"


async def test_without_a_health_report_people_are_read_all_the_same() -> None:
    async with surface_of(BridgeDouble(people(1), report=None)) as surface:
        view = await surface.look()
    (check,) = [check for check in view.checks if check.topic is Topic.HEALTH]
    assert check.condition is Condition.UNKNOWN
    (token,) = [check for check in view.checks if check.topic is Topic.TOKEN]
    assert token.condition is Condition.UNKNOWN
    assert "Nothing tells its age" in token.words


async def test_a_wrong_token_is_told() -> None:
    async with surface_of(BridgeDouble(people(1), token="another")) as surface:
        with pytest.raises(NotAuthenticated):
            await surface.look()


async def test_provisioning_switched_off_is_suspected_at_500() -> None:
    double = BridgeDouble(before=lambda _: scim_error(500, detail="boom"))
    async with surface_of(double) as surface:
        with pytest.raises(Unreachable, match="provisioning is switched off"):
            await surface.look()


async def test_finding_by_address_compares_again() -> None:
    users = people(2)
    users["U1"]["userName"] = "U1@Example.com"
    async with surface_of(BridgeDouble(users)) as surface:
        found = await surface.reader().find_account("u1@example.com")
        assert found is not None
        assert found.id == "U1"
        assert await surface.reader().find_account('x" or userName pr') is None


def checks(report: object) -> dict[str, Check]:
    told = health_of(report)
    assert told is not None
    return {check.subject: check for check in health_checks(told, NOW_MS)}


def test_parts_that_are_not_well_are_told_in_plain_words() -> None:
    report = copy.deepcopy(health())
    report["reports"][0]["state"] = "disconnected"
    report["reports"][1]["expires"] = "2026-11-23T16:00:00Z"
    report["reports"].append(
        {"source": "NewPart", "state": "healthy", "expires": "2099-01-01T00:00:00Z"}
    )
    found = checks(report)
    assert found["ConfirmationWatcher"].condition is Condition.WRONG
    assert "confirms people" in found["ConfirmationWatcher"].words
    assert found["RedisCache"].condition is Condition.UNKNOWN
    assert "expired" in found["RedisCache"].words
    assert found["SCIMServer"].condition is Condition.WELL
    assert found["NewPart"].condition is Condition.WELL


def test_a_bridge_just_restarted_may_be_locked() -> None:
    report = health()
    report["reports"] = report["reports"][2:3]
    found = checks(report)
    assert found["ConfirmationWatcher"].condition is Condition.UNKNOWN
    assert "locked" in found["ConfirmationWatcher"].words


@pytest.mark.parametrize(
    ("version", "condition"),
    [
        ("2.9.16", Condition.WELL),
        ("2.10.0", Condition.WELL),
        ("2.9.3", Condition.WATCH),
        ("v1.6", Condition.WATCH),
        ("", Condition.UNKNOWN),
        (None, Condition.UNKNOWN),
    ],
)
def test_an_old_version_is_told(version: object, condition: Condition) -> None:
    found = checks({**health(), "version": version})["bridge version"]
    assert found.condition is condition


@pytest.mark.parametrize("report", [None, [], {}, {"reports": {}}])
def test_what_is_no_report_is_none(report: object) -> None:
    assert health_of(report) is None
