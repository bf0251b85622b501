"""Naming the provider costs nothing; opening it is what brings the HTTP library."""

import subprocess
import sys

import pytest
from pydantic import SecretStr, ValidationError
from tests.children import LIMIT_S

from keyturn_providers.contract import Surroundings
from keyturn_providers.errors import Misconfigured
from keyturn_providers.openbao import PROVIDER
from keyturn_providers.openbao.settings import OpenBaoSettings


def test_importing_the_provider_does_not_import_httpx() -> None:
    code = (
        "import sys, keyturn_providers.openbao as o; o.PROVIDER.settings;"
        " print('httpx' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=LIMIT_S
    )
    assert done.stdout.strip() == "False"


def test_plain_http_to_another_machine_is_refused() -> None:
    with pytest.raises(ValidationError, match="Plain http"):
        OpenBaoSettings(url="http://vault.acme.example:8200")
    unchecked = OpenBaoSettings.model_construct(url="http://vault.acme.example:8200")
    with pytest.raises(Misconfigured, match="Plain http"):
        PROVIDER.open("secrets", unchecked, Surroundings(secret=lambda: SecretStr("s.x")))


def test_settings_of_another_provider_are_refused() -> None:
    with pytest.raises(ValidationError):
        OpenBaoSettings.model_validate({"url": "https://bao", "page_size": 3})
    with pytest.raises(ValidationError):
        OpenBaoSettings.model_validate({"url": ""})
