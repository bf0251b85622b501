"""What was taken away in this process, so that the very same can be given back."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Taken:
    """`permissions` by the carrier they were taken from; `managers` are (group, account) pairs that
    were removed while they managed the group."""

    permissions: dict[str, frozenset[str]] = field(default_factory=dict)
    managers: set[tuple[str, str]] = field(default_factory=set)
