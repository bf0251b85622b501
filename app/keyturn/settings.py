"""Where keyturn finds its configuration and keeps its data."""

import os
from dataclasses import dataclass
from pathlib import Path

CONFIG_VARIABLE = "KEYTURN_CONFIG"
DATA_VARIABLE = "KEYTURN_DATA"
SHOW_ONLY_VARIABLE = "KEYTURN_SHOW_ONLY"
"""Set where a dashboard was given no credentials: then neither source is asked for anything. Not
every credential is in the environment: `op` has its own, and a command may print one."""
CONFIG_NAME = "keyturn.yaml"


class ConfigNotFound(Exception):
    """No configuration file where one was looked for; the message names every place."""


@dataclass(frozen=True, slots=True)
class Places:
    """The files of one keyturn installation. Nothing here has been opened or created yet."""

    config: Path
    data: Path

    @property
    def cache(self) -> Path:
        return self.data / "cache.db"

    @property
    def journal(self) -> Path:
        return self.data / "journal.db"

    @property
    def plans(self) -> Path:
        return self.data / "plans"


def places(config: Path | None = None, data: Path | None = None) -> Places:
    """The places to use: the argument, else the environment, else the platform's directories."""
    return Places(config=config or _default_config(), data=data or _default_data())


def require_config(found: Places) -> Path:
    """`found.config` if it is a readable file, else `ConfigNotFound` naming what to do."""
    if found.config.is_file():
        return found.config
    raise ConfigNotFound(
        f"keyturn: there is no configuration at {found.config}. "
        f"Name one with --config or ${CONFIG_VARIABLE}, "
        "make one with `keyturn init`, or run `keyturn demo` to try keyturn without one."
    )


def _default_config() -> Path:
    named = os.environ.get(CONFIG_VARIABLE)
    if named:
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_config_dir("keyturn", appauthor=False)) / CONFIG_NAME


def _default_data() -> Path:
    named = os.environ.get(DATA_VARIABLE)
    if named:
        return Path(named)
    import platformdirs

    return Path(platformdirs.user_data_dir("keyturn", appauthor=False))
