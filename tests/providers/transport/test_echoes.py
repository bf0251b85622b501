"""A server that repeats the credential it was sent is not quoted with it."""

import base64

import pytest
from pydantic import SecretStr

from keyturn_providers.echoes import without

TOKEN = "00aTokenThatNobodyElseHas_42"
PAIR = f"client:{TOKEN}"
BASIC = base64.b64encode(PAIR.encode()).decode()


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (TOKEN, TOKEN),
        (f"SSWS {TOKEN}", f"bad token {TOKEN}."),
        (BASIC, f"Basic {BASIC} is wrong"),
        (BASIC, f"{PAIR} is wrong"),
        (BASIC, f"the secret {TOKEN} is wrong"),
    ],
)
def test_what_was_sent_is_taken_out(sent: str, said: str) -> None:
    left = without([SecretStr(sent)], said.encode()).decode()
    assert TOKEN not in left
    assert BASIC not in left
    assert "(removed)" in left


@pytest.mark.parametrize("sent", ["", TOKEN, "YTpi"])
def test_what_holds_no_credential_stays(sent: str) -> None:
    said = b'{"errorSummary": "Invalid token provided"}'
    assert without([SecretStr(sent)], said) == said
