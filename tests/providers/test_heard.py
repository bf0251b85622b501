"""What was asked and answered is kept per task, shortened, without addresses."""

import asyncio

import pytest

from keyturn_providers.heard import EXCERPT_MOST, EXCHANGES_MOST, Exchange, code_in, listening, tell

ASKED = Exchange("okta", "POST", "/api/v1/users/00u1/lifecycle/suspend", 403, "req-1")


def test_nothing_is_kept_where_nobody_listens() -> None:
    tell(ASKED, b"{}")
    with listening() as heard:
        pass
    tell(ASKED, b"{}")
    assert heard == []


def test_a_failure_is_told_with_the_vendors_code_and_without_addresses() -> None:
    with listening() as heard:
        tell(ASKED, b'{"errorCode":"E0000006","errorSummary":"dana@acme.example may not"}')
    (one,) = heard
    assert (one.status, one.request_id, one.code) == (403, "req-1", "E0000006")
    assert "dana" not in one.excerpt
    assert "\u2026@\u2026 may not" in one.excerpt


def test_it_is_bounded_and_safe_to_show() -> None:
    with listening() as heard:
        for _ in range(EXCHANGES_MOST + 3):
            tell(ASKED, b"\x1b[31m\xff" + b"x" * 5000)
    assert len(heard) == EXCHANGES_MOST
    assert all(len(one.excerpt) <= EXCERPT_MOST and "\x1b" not in one.excerpt for one in heard)


async def test_calls_side_by_side_are_not_mixed_up() -> None:
    async def call(path: str) -> list[Exchange]:
        with listening() as heard:
            for _ in range(3):
                await asyncio.sleep(0)
                tell(Exchange("okta", "GET", path, 200))
        return heard

    first, second = await asyncio.gather(call("/a"), call("/b"))
    assert {one.path for one in first} == {"/a"}
    assert {one.path for one in second} == {"/b"}


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ('{"error": {"code": "Authorization_RequestDenied"}}', "Authorization_RequestDenied"),
        ('{"scimType": "mutability", "status": "400"}', "mutability"),
        ('{"code": 7}', "7"),
        ('{"code": true, "error": "invalid_client"}', "invalid_client"),
        ("{}", ""),
        ("[1]", ""),
        ("no json", ""),
        ("", ""),
    ],
)
def test_the_code_is_found_where_vendors_put_it(said: str, code: str) -> None:
    assert code_in(said) == code
