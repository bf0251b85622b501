"""Any SCIM 2.0 server (RFC 7643, 7644, 9865) as a directory.

Importing this module loads neither the HTTP library nor scim2-models; opening the connector does.
"""

from pydantic import BaseModel

from keyturn_providers.contract import (
    Connector,
    Provider,
    Surroundings,
)
from keyturn_providers.records import Side
from keyturn_providers.scim.questions import NEEDS, QUESTIONS
from keyturn_providers.scim.settings import Paging, ScimSettings

__all__ = ["PROVIDER", "Paging", "ScimSettings"]


def _open(name: str, settings: BaseModel, surroundings: Surroundings) -> Connector:
    from keyturn_providers.scim.connector import open_scim

    return open_scim(name, ScimSettings.model_validate(settings), surroundings)


PROVIDER = Provider(
    kind="scim",
    side=Side.DIRECTORY,
    title="SCIM 2.0 server",
    settings=ScimSettings,
    open=_open,
    questions=QUESTIONS,
    needs=NEEDS,
)
