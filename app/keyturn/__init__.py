"""keyturn: the terminal dashboard that makes the turn of keys safe."""

from importlib.metadata import version as _version

__version__ = _version("keyturn")
