"""What an Events API token tells of itself, and that it is only sent where it belongs."""

import pytest
from pydantic import SecretStr
from tests.providers.onepassword.events_double import jwt

from keyturn_providers.contract import Surroundings
from keyturn_providers.errors import Misconfigured
from keyturn_providers.onepassword.events.client import EventsClient
from keyturn_providers.onepassword.events.settings import EventsSettings
from keyturn_providers.onepassword.events.token import OLD_AUDIENCE, claims_of


@pytest.mark.parametrize(
    ("audience", "host"),
    [
        (["events.1password.com"], "events.1password.com"),
        ("events.1password.eu", "events.1password.eu"),
        (["https://events.ent.1password.com"], "events.ent.1password.com"),
        ([OLD_AUDIENCE], ""),
        (["events.1password.com.evil.example"], ""),
        (["evil.example/.1password.com"], ""),
        (["user@evil.example#.1password.com"], ""),
        ([], ""),
        (7, ""),
    ],
)
def test_the_host_is_the_audience_and_one_of_1password_s(audience: object, host: str) -> None:
    claims = claims_of(SecretStr(jwt(aud=audience)))
    assert claims is not None
    assert claims.host == host


def test_features_age_and_end_are_read() -> None:
    token = jwt(**{"1password.com/fts": ["auditevents", 7]}, iat=1_700_000_000, exp=1_800_000_000)
    claims = claims_of(SecretStr(token))
    assert claims is not None
    assert claims.features == frozenset({"auditevents"})
    assert (claims.issued_ms, claims.expires_ms) == (1_700_000_000_000, 1_800_000_000_000)


@pytest.mark.parametrize("token", ["", "a.b", "a.b.c", "a.!!.c", "a.W10.c", "x" * 500])
def test_what_is_no_jwt_tells_nothing(token: str) -> None:
    assert claims_of(SecretStr(token)) is None


@pytest.mark.parametrize("token", [jwt(aud=[OLD_AUDIENCE]), "not-a-jwt"])
async def test_a_token_without_a_host_needs_the_url(token: str) -> None:
    around = Surroundings(
        secret=lambda: SecretStr(""), secret_of=lambda part: SecretStr({"events": token}[part])
    )
    client = EventsClient("1p", EventsSettings(token_env="T"), around)
    with pytest.raises(Misconfigured, match=r"events\.url") as caught:
        await client.introspect()
    assert token not in str(caught.value)
    await client.aclose()
