"""What the texts in keyturn.yaml mean: each a function from text to value, and its JSON Schema.

Each raises `PydanticCustomError` whose type is the `Code` of the problem and whose text is the
message. Values come from `document`, so a scalar is text or None.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from keyturn.policy.problems import Code, did_you_mean, shown
from keyturn.policy.tokens import is_variable_name
from keyturn_providers.records import Level

PRESETS: dict[str, Level] = {
    "list": Level.LIST,
    "read": Level.READ,
    "view": Level.READ,
    "write": Level.WRITE,
    "edit": Level.WRITE,
    "manage": Level.MANAGE,
}
VERSION = 1
NOT_A_VARIABLE = (
    "This must be the name of an environment variable, such as SCIM_TOKEN, not the token itself. "
    "What stands here is not shown; if it is a token, replace it at its source."
)
_OWN_PERMISSION = re.compile(r"^[A-Za-z0-9]+([_.:-][A-Za-z0-9]+)+$")
_UNITS_MS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_SCALAR = {"type": ["string", "integer"]}


def refuse(code: Code, message: str) -> PydanticCustomError:
    """The error to raise for a value that cannot be used."""
    return PydanticCustomError(code.value, "{message}", {"message": message})


def as_text(value: object) -> str:
    """Text on one line; a text over several lines is joined."""
    if value is None:
        raise refuse(Code.MISSING, "There is no value.")
    if not isinstance(value, str):
        what = "a list" if isinstance(value, list) else "a mapping"
        raise refuse(Code.WRONG_TYPE, f"This must be text, not {what}.")
    text = " ".join(value.split())
    if not text:
        raise refuse(Code.MISSING, "The text is empty.")
    return text


def _version(value: object) -> int:
    text = as_text(value)
    if text != str(VERSION):
        raise refuse(Code.VERSION, f"This keyturn reads version {VERSION}, not {shown(text)}.")
    return VERSION


def _preset(text: str) -> Level:
    level = PRESETS.get(text)
    if level is None:
        hint = did_you_mean(text, PRESETS) or f" Use one of: {', '.join(PRESETS)}."
        raise refuse(Code.NOT_A_PRESET, f"{shown(text)} is not a preset.{hint}")
    return level


def _permission(value: object) -> str:
    """The level of a preset, or a source's own permission: those are words tied together, such as
    view_items, so that a preset with a slip in it is not taken for one."""
    text = as_text(value)
    return text if _OWN_PERMISSION.fullmatch(text) else _preset(text)


def _permissions(value: object) -> list[object]:
    """A preset, a list of them (the levels contain each other, so the widest counts), or a list of
    single permissions. A preset and single permissions together would not say what is meant."""
    if not isinstance(value, list):
        return [_preset(as_text(value))]
    texts = [item for item in value if isinstance(item, str)]
    single = [text for text in texts if _OWN_PERMISSION.fullmatch(text)]
    presets = [text for text in texts if text in PRESETS]
    if single and presets:
        raise refuse(
            Code.NOT_A_PRESET,
            f"{shown(presets[0])} is a preset and {shown(single[0])} a single permission. Name "
            "either one preset or every permission.",
        )
    return value


def _choice(*choices: str) -> Callable[[object], str]:
    def chosen(value: object) -> str:
        text = as_text(value)
        if text not in choices:
            hint = did_you_mean(text, choices) or f" Use one of: {', '.join(choices)}."
            raise refuse(Code.NOT_A_CHOICE, f"{shown(text)} is not possible here.{hint}")
        return text

    return chosen


def _on_or_off(value: object) -> bool:
    return _choice("true", "false")(value) == "true"


def _count(value: object) -> int:
    text = as_text(value)
    if re.fullmatch(r"[0-9]{1,9}", text) is None:
        raise refuse(Code.NOT_A_NUMBER, f"{shown(text)} is not a whole number from 0 up.")
    return int(text)


def _share(value: object) -> float:
    text = as_text(value)
    found = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{1,4})?) ?%", text)
    if found is None or float(found[1]) > 100:
        raise refuse(
            Code.NOT_A_SHARE, f"{shown(text)} is not a percentage from 0% to 100%, such as 5%."
        )
    return float(found[1]) / 100


def _duration_ms(value: object) -> int:
    text = as_text(value)
    found = re.fullmatch(r"([0-9]{1,6}) ?([smhd])", text)
    if found is None or int(found[1]) == 0:
        raise refuse(
            Code.NOT_A_DURATION, f"{shown(text)} is not a duration such as 90s, 15m, 2h or 1d."
        )
    return int(found[1]) * _UNITS_MS[found[2]]


def _until_ms(value: object) -> int:
    """The first moment (UTC milliseconds) at which something no longer holds.

    A date counts to its end in UTC: an exception until the 31st holds all of the 31st.
    """
    text = as_text(value)
    problem = (
        f"{shown(text)} is not a date such as 2027-01-31, nor a time with its offset such as "
        "2027-01-31T17:00+01:00."
    )
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII):
            day = date.fromisoformat(text) + timedelta(days=1)
            moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
        else:
            moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise refuse(Code.NOT_A_MOMENT, problem) from None
    if moment.tzinfo is None:
        raise refuse(Code.NOT_A_MOMENT, problem)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _variable(value: object) -> str:
    text = as_text(value)
    if not is_variable_name(text):
        raise refuse(Code.NOT_A_VARIABLE, NOT_A_VARIABLE)
    return text


def _command(value: object) -> list[object]:
    if not isinstance(value, list):
        raise refuse(
            Code.WRONG_TYPE,
            "Write the program and each argument as a list, such as [op, read, op://Ops/scim/token]"
            "; it is not run by a shell.",
        )
    if not value:
        raise refuse(Code.MISSING, "The list is empty.")
    return value


Text: TypeAlias = Annotated[
    str, BeforeValidator(as_text), WithJsonSchema({**_SCALAR, "minLength": 1})
]
Version: TypeAlias = Annotated[int, BeforeValidator(_version), WithJsonSchema({"const": VERSION})]
_Permission: TypeAlias = Annotated[str, PlainValidator(_permission)]
_SINGLE = {"type": "string", "pattern": _OWN_PERMISSION.pattern}
Permissions: TypeAlias = Annotated[
    list[_Permission],
    BeforeValidator(_permissions),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": list(PRESETS)},
                {"type": "array", "items": {"enum": list(PRESETS)}, "minItems": 1},
                {"type": "array", "items": _SINGLE, "minItems": 1},
            ]
        }
    ),
]
Mode: TypeAlias = Annotated[
    str,
    BeforeValidator(_choice("read-write", "read-only")),
    WithJsonSchema({"enum": ["read-write", "read-only"]}),
]
OnOrOff: TypeAlias = Annotated[
    bool, BeforeValidator(_on_or_off), WithJsonSchema({"type": "boolean"})
]
Count: TypeAlias = Annotated[
    int, BeforeValidator(_count), WithJsonSchema({"type": "integer", "minimum": 0})
]
Share: TypeAlias = Annotated[
    float,
    BeforeValidator(_share),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,3}(\.[0-9]{1,4})? ?%$"}),
]
DurationMs: TypeAlias = Annotated[
    int,
    BeforeValidator(_duration_ms),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,6} ?[smhd]$"}),
]
UntilMs: TypeAlias = Annotated[
    int,
    BeforeValidator(_until_ms),
    WithJsonSchema({"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}([T ].+)?$"}),
]
Variable: TypeAlias = Annotated[
    str,
    BeforeValidator(_variable),
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}),
]
Command: TypeAlias = Annotated[
    tuple[Text, ...],
    BeforeValidator(_command),
    WithJsonSchema({"type": "array", "items": _SCALAR, "minItems": 1}),
]
