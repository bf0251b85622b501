"""The two connected sources of a refresh or a run."""

from dataclasses import dataclass

from keyturn_providers.contract import Connector
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
