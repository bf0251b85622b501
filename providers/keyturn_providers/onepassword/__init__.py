"""1Password as the side that holds the secrets: one source with up to four surfaces.

Importing this module loads no HTTP library; opening the connector does.
"""

from pydantic import BaseModel

from keyturn_providers.contract import (
    Connector,
    Provider,
    Surroundings,
)
from keyturn_providers.onepassword.questions import NEEDS, QUESTIONS
from keyturn_providers.onepassword.settings import OnePasswordSettings
from keyturn_providers.records import Side

__all__ = ["PROVIDER", "OnePasswordSettings"]


def _open(name: str, settings: BaseModel, surroundings: Surroundings) -> Connector:
    from keyturn_providers.onepassword.connector import OnePasswordConnector

    return OnePasswordConnector(name, OnePasswordSettings.model_validate(settings), surroundings)


PROVIDER = Provider(
    kind="onepassword",
    side=Side.SECRETS,
    title="1Password",
    settings=OnePasswordSettings,
    open=_open,
    questions=QUESTIONS,
    needs=NEEDS,
)
