"""What can be wrong with keyturn.yaml, and how it is said: one line each, with its place."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from keyturn.policy.tokens import without_tokens
from keyturn_providers.text import safe

SHOWN_LENGTH = 60


class Code(StrEnum):
    """The kinds of problem. Each is stable, so that a script may rely on it."""

    UNREADABLE = "unreadable"
    TOO_LARGE = "too-large"
    NOT_UTF8 = "not-utf8"
    SYNTAX = "syntax"
    EMPTY = "empty"
    SECOND_DOCUMENT = "second-document"
    ALIAS = "alias"
    TAG = "tag"
    TOO_DEEP = "too-deep"
    DUPLICATE_KEY = "duplicate-key"
    HOSTILE_TEXT = "hostile-text"
    LITERAL_TOKEN = "literal-token"  # noqa: S105  a problem's name
    UNKNOWN_KEY = "unknown-key"
    MISSING = "missing"
    WRONG_TYPE = "wrong-type"
    VERSION = "version"
    NOT_A_PRESET = "not-a-preset"
    NOT_A_PERMISSION = "not-a-permission"
    NOT_A_CHOICE = "not-a-choice"
    NOT_A_NUMBER = "not-a-number"
    NOT_A_SHARE = "not-a-share"
    NOT_A_DURATION = "not-a-duration"
    NOT_A_MOMENT = "not-a-moment"
    NOT_A_VARIABLE = "not-a-variable"
    TWO_TOKENS = "two-tokens"
    SAME_NAME = "same-name"
    TWICE = "twice"
    CONTRADICTION = "contradiction"
    SETTING = "setting"
    GONE = "gone"
    OTHER_NAME = "other-name"
    NOT_LINKED = "not-linked"
    EXPIRED = "expired"
    NOBODY = "nobody"
    NO_MANAGER = "no-manager"
    NOT_CHECKED = "not-checked"


MEANING: dict[Code, str] = {
    Code.UNREADABLE: "The file cannot be read.",
    Code.TOO_LARGE: "The file is larger than 4 MB.",
    Code.NOT_UTF8: "The file is not UTF-8 text.",
    Code.SYNTAX: "The file is not YAML.",
    Code.EMPTY: "There is nothing in the file, or not a mapping of keys to values.",
    Code.SECOND_DOCUMENT: "The file holds more than one YAML document.",
    Code.ALIAS: "A YAML anchor or alias is used; what is meant must be written out.",
    Code.TAG: "A YAML tag (`!name`) is used; there are none.",
    Code.TOO_DEEP: "Values are nested too deeply.",
    Code.DUPLICATE_KEY: "One key is given twice in one mapping.",
    Code.HOSTILE_TEXT: "A value holds control or bidirectional characters.",
    Code.LITERAL_TOKEN: "A token or password is in the file. It belongs in the environment.",
    Code.UNKNOWN_KEY: "There is no such key here.",
    Code.MISSING: "A key that must be there is not, or has no value.",
    Code.WRONG_TYPE: "Text, a list or a mapping stands where another of them should.",
    Code.VERSION: "The version of the file's format is not the one this keyturn reads.",
    Code.NOT_A_PRESET: "The permissions are none of the presets.",
    Code.NOT_A_PERMISSION: "The secret manager does not grant a permission of this name.",
    Code.NOT_A_CHOICE: "The value is none of those that can be chosen.",
    Code.NOT_A_NUMBER: "The value is not a whole number in the range.",
    Code.NOT_A_SHARE: "The value is not a percentage from 0% to 100%.",
    Code.NOT_A_DURATION: "The value is not a duration such as 15m.",
    Code.NOT_A_MOMENT: "The value is not a date, or a time with its offset.",
    Code.NOT_A_VARIABLE: "The value is not the name of an environment variable.",
    Code.TWO_TOKENS: "Both token_env and token_command are given.",
    Code.SAME_NAME: "Both sources have one name.",
    Code.TWICE: "The same thing is said twice.",
    Code.CONTRADICTION: "Two entries cannot both hold.",
    Code.SETTING: "A setting of a source is not what its connector takes.",
    Code.GONE: "The object named does not exist.",
    Code.OTHER_NAME: "The object with this id bears another name.",
    Code.NOT_LINKED: "No group of the secret manager stands for this directory group.",
    Code.EXPIRED: "The exception has ended.",
    Code.NOBODY: "Nobody is known by this name.",
    Code.NO_MANAGER: "The policy leaves nobody who manages the vault.",
    Code.NOT_CHECKED: "The listing that this is checked against is not complete.",
}


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong at a place. `line` and `column` count from 1; 0 where there is no place.

    `path` is like `mappings[0].grants[0].permissions`. `message` is one sentence or a few, safe to
    show, without a line break and without any token. A `warning` does not keep the file from use.
    """

    line: int
    column: int
    path: str
    message: str
    code: Code
    warning: bool = False

    def render(self, file: str) -> str:
        """`keyturn.yaml:14:22  path: message`, as editors and terminals can follow."""
        place = "".join(f":{number}" for number in (self.line, self.column) if number)
        said = f"{self.path}: {self.message}" if self.path else self.message
        return f"{file}{place}  {'warning: ' if self.warning else ''}{said}"


class PolicyInvalid(Exception):
    """keyturn.yaml cannot be used. `str()` is every problem, a line each, sorted by place."""

    def __init__(self, file: str, problems: Iterable[Problem]) -> None:
        self.file = safe(file)
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(problem.render(self.file) for problem in self.problems))


def shown(value: str) -> str:
    """A value of the file in quotes: safe, short, and never a token."""
    return f'"{safe(without_tokens(value), SHOWN_LENGTH)}"'


def did_you_mean(wrong: str, choices: Iterable[str]) -> str:
    """` Did you mean "edit"?` where one of the choices is close, else nothing."""
    close = get_close_matches(wrong.casefold(), list(choices), n=1, cutoff=0.6)
    return f' Did you mean "{close[0]}"?' if close else ""
