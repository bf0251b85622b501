"""What of keyturn.yaml opens a 1Password source, and what does not."""

import subprocess
import sys
from typing import get_args

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from keyturn_providers.contract import Surroundings
from keyturn_providers.onepassword import PROVIDER, OnePasswordSettings
from keyturn_providers.questions import AnswerForm

BRIDGE = {"url": "https://scim.acme.example", "token_env": "OP_BRIDGE_TOKEN"}
USERS = {"account_id": "ABC", "client_id": "id", "token_env": "OP_USERS_SECRET"}


@pytest.mark.parametrize(
    "told",
    [
        {"account": "acme.1password.com"},
        {"account": "acme.1password.com", "op": {"command": ["op"]}},
        {"bridge": BRIDGE},
        {"users_api": {**USERS, "region": "eu"}},
        {"events": {"token_command": ["vault", "read"]}},
        {"account": "acme", "bridge": BRIDGE, "users_api": USERS, "events": {"token_env": "E"}},
    ],
)
async def test_every_set_of_surfaces_opens_without_a_request_or_a_credential(
    told: dict[str, object],
) -> None:
    def no_secret(_: str = "") -> SecretStr:
        raise AssertionError("a credential was asked for")

    around = Surroundings(secret=no_secret, secret_of=no_secret)
    connector = PROVIDER.open("1p", OnePasswordSettings.model_validate(told), around)
    connector.reader()
    connector.writer()
    await connector.aclose()


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({}, "Name at least one"),
        ({"op": {"command": ["op"]}}, "Name at least one"),
        ({"bridge": BRIDGE, "op": {"command": ["op"]}}, "without account"),
        ({"bridge": {"url": "http://scim.acme.example", "token_env": "T"}}, "Plain http"),
        ({"bridge": {"url": "https://scim.acme.example"}}, "token_env or token_command"),
        ({"bridge": {**BRIDGE, "token_command": ["x"]}}, "token_env or token_command"),
        ({"events": {"token_env": "E", "url": "http://events.example"}}, "Plain http"),
        ({"users_api": {**USERS, "url": "https://elsewhere.example"}}, "region says where"),
        ({"account": "a b"}, "account"),
        ({"account": "acme", "token": "x"}, "token"),
    ],
)
def test_settings_that_cannot_work(told: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        OnePasswordSettings.model_validate(told)
    assert words in str(caught.value)


def test_finding_the_connector_loads_no_http_library() -> None:
    code = (
        "import sys; from keyturn_providers.registry import find; find('onepassword');"
        "print(sorted({'httpx', 'scim2_models', 'stamina', 'ssl'} & set(sys.modules)))"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert told.stdout.strip() == "[]"


def test_what_init_asks_fits_the_settings() -> None:
    """Every answer stands where the settings have a place for it."""
    fields = OnePasswordSettings.model_fields
    for question in PROVIDER.questions:
        part, _, key = question.key.rpartition(".")
        keys = {f"{key}_env"} if question.form is AnswerForm.CREDENTIAL else {key}
        if not part:
            assert keys <= fields.keys()
            continue
        models = (*get_args(fields[part].annotation), fields[part].annotation)
        model = next(one for one in models if isinstance(one, type) and issubclass(one, BaseModel))
        assert keys <= model.model_fields.keys()
