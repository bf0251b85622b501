"""An Okta organisation as a directory.

Importing this module loads neither the HTTP library nor the one that signs; opening the connector
does.
"""

from pydantic import BaseModel

from keyturn_providers.contract import (
    Connector,
    Provider,
    Surroundings,
)
from keyturn_providers.okta.questions import NEEDS, QUESTIONS
from keyturn_providers.okta.settings import OktaSettings
from keyturn_providers.records import Side

__all__ = ["PROVIDER", "OktaSettings"]


def _open(name: str, settings: BaseModel, surroundings: Surroundings) -> Connector:
    from keyturn_providers.okta.connector import open_okta

    return open_okta(name, OktaSettings.model_validate(settings), surroundings)


PROVIDER = Provider(
    kind="okta",
    side=Side.DIRECTORY,
    title="Okta",
    settings=OktaSettings,
    open=_open,
    questions=QUESTIONS,
    needs=NEEDS,
)
