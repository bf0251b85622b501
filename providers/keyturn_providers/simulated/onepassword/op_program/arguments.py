"""Reads the command line: flags anywhere, the command's words, then its arguments."""

from keyturn_providers.simulated.onepassword.refusals import Refused

_GLOBAL_VALUES = frozenset(
    {"--account", "--format", "--config", "--encoding", "--session", "--state"}
)
_GLOBAL_TRUE = frozenset(
    {"--cache", "--debug", "--iso-timestamps", "--no-color", "--version", "-v", "--help", "-h"}
)
_ALIASES = {"ls": "list", "rm": "delete", "remove": "delete", "ratelimits": "ratelimit"}


class Line:
    """A command line taken apart: the command's words, its arguments, and flags by name."""

    __slots__ = ("command", "flags", "positionals")

    def __init__(self, command: str, positionals: list[str], flags: dict[str, str]) -> None:
        self.command = command
        self.positionals = positionals
        self.flags = flags

    def required(self, flag: str) -> str:
        """A flag's value; refused in the words of the flag parser where it is not given."""
        if flag not in self.flags:
            raise Refused(f'required flag(s) "{flag.lstrip("-")}" not set')
        return self.flags[flag]

    def one(self) -> str:
        """The single argument."""
        if len(self.positionals) != 1:
            raise Refused(f"expected exactly 1 argument but got {len(self.positionals)}")
        return self.positionals[0]

    def none(self) -> None:
        """Refuses any argument."""
        if self.positionals:
            raise Refused(f"expected at most 0 arguments but got {len(self.positionals)}")


def understand(argv: list[str], commands: "dict[str, tuple[str, ...]]") -> Line:
    """Takes a command line apart. `commands` gives each command's flags, with "=" if valued.

    Refused: unknown commands and unknown flags.
    """
    words, flags, unknown = _split(argv, commands)
    if "--version" in flags or "-v" in flags:
        return Line("--version", [], flags)
    for length in (3, 2, 1):
        command = " ".join(_ALIASES.get(word, word) for word in words[:length])
        if len(words) >= length and command in commands:
            allowed = {flag.rstrip("=") for flag in commands[command]}
            odd = [flag for flag in unknown if flag not in allowed]
            if odd:
                raise Refused(f"unknown flag: {odd[0]}")
            return Line(command, words[length:], flags)
    raise Refused(f'unknown command "{" ".join(words[:3])}" for "op"')


def _split(
    argv: list[str], commands: "dict[str, tuple[str, ...]]"
) -> tuple[list[str], dict[str, str], list[str]]:
    with_value = {flag for flags in commands.values() for flag in flags if flag.endswith("=")}
    words: list[str] = []
    flags: dict[str, str] = {}
    own: list[str] = []
    rest = iter(argv)
    for word in rest:
        if word == "-" or not word.startswith("-"):
            words.append(word)
            continue
        name, equals, value = word.partition("=")
        if name not in _GLOBAL_VALUES | _GLOBAL_TRUE:
            own.append(name)
        if not equals and (name in _GLOBAL_VALUES or f"{name}=" in with_value):
            value = next(rest, "")
        flags[name] = value
    return words, flags, own


def go_seconds(text: str, flag: str) -> int:
    """A Go duration ("5m", "1h30m", "90s") in whole seconds, rounded down."""
    units = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "us": 1e-6, "ns": 1e-9}
    rest, total = text, 0.0
    complaint = f'invalid argument "{text}" for "{flag}" flag: time: '
    while rest:
        digits = len(rest) - len(rest.lstrip("0123456789."))
        unit = len(rest[digits:]) - len(rest[digits:].lstrip("abcdefghijklmnopqrstuvwxyz"))
        amount, name, rest = rest[:digits], rest[digits : digits + unit], rest[digits + unit :]
        if not amount or not name:
            raise Refused(f'{complaint}invalid duration "{text}"')
        if name not in units:
            raise Refused(f'{complaint}unknown unit "{name}" in duration "{text}"')
        total += float(amount) * units[name]
    return int(total)
