"""Where a token may be sent."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyturn_providers.origin import (
    checked_base,
    is_loopback,
    origin_of,
    same_origin,
    segment,
    target_of,
)


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("https://a.example/x", "https://A.example:443/y?z", True),
        ("https://a.example", "http://a.example", False),
        ("https://a.example", "https://a.example:444", False),
        ("https://a.example", "https://a.example.evil", False),
        ("https://a.example", "https://evil@a.example", False),
        ("https://a.example", "https://a.example@evil", False),
        ("https://a.example", "not a url", False),
        ("http://127.0.0.1:1/", "http://127.0.0.1:1/x", True),
    ],
)
def test_origins(left: str, right: str, same: bool) -> None:
    assert same_origin(left, right) is same
    assert same_origin(right, left) is same


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.255.0.9", True),
        ("::1", True),
        ("[::1]", True),
        ("LOCALHOST", True),
        ("localhost.example", False),
        ("127.0.0.1.example", False),
        ("0.0.0.0", False),
        ("127.1", False),
        ("10.0.0.1", False),
        ("::2", False),
    ],
)
def test_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_bases() -> None:
    assert checked_base("https://idp.example/scim/v2/") == "https://idp.example/scim/v2"
    assert checked_base("http://[::1]:8080/v2") == "http://[::1]:8080/v2"
    assert origin_of("http://[::1]:8080/v2") == ("http", "::1", 8080)


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/Users", "https://idp.example/scim/Users"),
        ("https://idp.example/other?cursor=x", "https://idp.example/other?cursor=x"),
        ("next?page=2", "https://idp.example/scim/next?page=2"),
        ("https://evil.example/Users", None),
        ("//evil.example/Users", None),
        ("http://idp.example/Users", None),
        ("javascript:alert(1)", None),
        ("https://idp.example\u202e/x", None),
    ],
)
def test_links_stay_within_the_origin(path: str, target: str | None) -> None:
    base = "https://idp.example/scim"
    if target is None:
        with pytest.raises(ValueError, match="leads to another address"):
            target_of(base, path)
    else:
        assert target_of(base, path) == target


@settings(max_examples=100)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_segment_is_one_segment(identifier: str) -> None:
    if identifier in {".", ".."}:
        with pytest.raises(ValueError, match="cannot stand in an address"):
            segment(identifier)
    else:
        assert not set("/?#\\ ") & set(segment(identifier))
        assert segment(identifier).isascii()
