"""The two connected sources of a refresh or a run."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from keyturn.policy.loaded import LoadedPolicy, SourceConfig
from keyturn.run.credentials import secret_of, secret_of_part
from keyturn.settings import SHOW_ONLY_VARIABLE
from keyturn_providers.contract import (
    Connector,
    Provider,
    RequestSeen,
    Surroundings,
    Waiting,
)
from keyturn_providers.errors import Misconfigured, NotAuthenticated
from keyturn_providers.records import Side


@dataclass(frozen=True, slots=True)
class Connections:
    """Both sources, open. In `read_only` neither can give a writer."""

    directory: Connector
    secrets: Connector
    read_only: bool = False

    def of(self, side: Side) -> Connector:
        """The source of one side."""
        return self.directory if side is Side.DIRECTORY else self.secrets

    async def aclose(self) -> None:
        """Closes both, the second also if the first fails."""
        try:
            await self.directory.aclose()
        finally:
            await self.secrets.aclose()


def _unseen(_: RequestSeen | Waiting) -> None:
    return None


def open_connections(
    loaded: LoadedPolicy,
    *,
    read_only: bool = False,
    observe: Callable[[RequestSeen | Waiting], None] = _unseen,
    environ: Mapping[str, str] | None = None,
) -> Connections:
    """Opens both sources of the configuration; the caller closes them. Sends nothing yet.

    Read-only if asked for here or in the configuration. Raises Misconfigured for a kind that is not
    installed or is not of that side, PolicyInvalid for settings the connector does not take, and
    NotAuthenticated where only what was read before may be shown. A missing credential shows at the
    first request, as NotAuthenticated naming the variable.
    """
    only = read_only or loaded.read_only
    around = os.environ if environ is None else environ
    if SHOW_ONLY_VARIABLE in around:
        raise NotAuthenticated(
            "keyturn serve",
            "asking the sources",
            "This page has no credentials; it shows what was read before.",
            "Read anew in a terminal (keyturn refresh), or serve it --with-credentials.",
        )
    return Connections(
        directory=open_source(
            loaded, Side.DIRECTORY, read_only=only, observe=observe, environ=around
        ),
        secrets=open_source(loaded, Side.SECRETS, read_only=only, observe=observe, environ=around),
        read_only=only,
    )


def config_of(loaded: LoadedPolicy, side: Side) -> SourceConfig:
    """What the configuration says of the source of one side."""
    return loaded.directory if side is Side.DIRECTORY else loaded.secrets


def open_source(
    loaded: LoadedPolicy,
    side: Side,
    *,
    read_only: bool,
    observe: Callable[[RequestSeen | Waiting], None] = _unseen,
    environ: Mapping[str, str] | None = None,
) -> Connector:
    """Opens the source of one side, as `open_connections` does for both."""
    config = config_of(loaded, side)
    # Connectors bring the HTTP library, which a start from the cache does not need.
    from keyturn.policy.load import validate_settings
    from keyturn_providers.registry import find

    provider = find(config.kind)
    if provider.side is not side:
        raise Misconfigured(
            config.name,
            "cannot connect",
            f"{config.kind} is a {provider.side.value} source, and it stands under {config.path} "
            f"(line {config.line}).",
            f"Move it under {provider.side.value}.",
        )
    settings = validate_settings(config, provider.settings, loaded)
    return open_config(
        config,
        provider,
        settings,
        read_only=read_only or loaded.read_only,
        rate_reserve=loaded.rules.limits.rate_reserve,
        observe=observe,
        environ=environ,
    )


def open_config(
    config: SourceConfig,
    provider: Provider,
    settings: BaseModel,
    *,
    read_only: bool,
    rate_reserve: float = 0.3,
    observe: Callable[[RequestSeen | Waiting], None] = _unseen,
    environ: Mapping[str, str] | None = None,
) -> Connector:
    """Opens a source whose settings are validated already, with or without a file around it."""
    around = os.environ if environ is None else environ
    surroundings = Surroundings(
        secret=secret_of(config, around),
        secret_of=secret_of_part(config, around),
        read_only=read_only,
        rate_reserve=rate_reserve,
        observe=observe,
    )
    return provider.open(config.name, settings, surroundings)
