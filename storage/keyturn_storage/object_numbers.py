"""The numbers that the cache has for kinds of objects and for levels."""

from enum import IntEnum

from keyturn_providers.level import Level

LEVELS = tuple(Level)
"""A level's number is its place here."""


class ObjectNo(IntEnum):
    """The kinds of object in the `object` table."""

    ACCOUNT = 1
    GROUP = 2
    VAULT = 3
    MACHINE = 4
