"""OpenBao (and HashiCorp Vault OSS, by the same API) as the side that holds the secrets."""

from pydantic import BaseModel

from keyturn_providers.contract import (
    Connector,
    Provider,
    Surroundings,
)
from keyturn_providers.openbao.questions import NEEDS, QUESTIONS
from keyturn_providers.openbao.settings import OpenBaoSettings
from keyturn_providers.records import Side


def _open(name: str, settings: BaseModel, surroundings: Surroundings) -> Connector:
    # Imported here: it brings httpx, which a start from the cache must not pay for.
    from keyturn_providers.openbao.connector import OpenBaoConnector

    if not isinstance(settings, OpenBaoSettings):
        raise TypeError("settings are not those of openbao")
    return OpenBaoConnector(name, settings, surroundings)


PROVIDER = Provider(
    kind="openbao",
    side=Side.SECRETS,
    title="OpenBao",
    settings=OpenBaoSettings,
    open=_open,
    questions=QUESTIONS,
    needs=NEEDS,
)
