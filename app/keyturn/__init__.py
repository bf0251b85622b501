"""keyturn: the terminal dashboard that makes the turn of keys safe."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    __version__: str
else:

    def __getattr__(name: str) -> str:
        """`__version__`, looked up when asked for: finding it takes a good part of a start."""
        if name == "__version__":
            from importlib.metadata import version

            return version("keyturn")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
