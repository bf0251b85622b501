"""Two calm themes with one accent, and the colours of drift: each is only ever a third channel.

Should be is blue, must go is orange, differs is yellow, not known is magenta: pairs that stay apart
for every common colour blindness. The sign and the word beside them say the same.
"""

from dataclasses import replace

from textual.theme import Theme

DRIFT_DARK = {
    "add": "#6fb1ff",
    "remove": "#f0a05a",
    "change": "#e5d06a",
    "unknown": "#e08ee0",
    "urgent": "#ff8080",
    "quiet": "#9aa4b4",
    "line": "#3a424f",
    "cursor": "#2b3a44",
    "cursor-rest": "#232b34",
}
DRIFT_LIGHT = {
    "add": "#0b57b0",
    "remove": "#9a4700",
    "change": "#6d5800",
    "unknown": "#8a1f8a",
    "urgent": "#b3141f",
    "quiet": "#59616d",
    "line": "#b9c0ca",
    "cursor": "#cfe3da",
    "cursor-rest": "#e3e8ec",
}

DRIFT_LIGHT_OF_SIXTEEN = {"add": "#000080", "remove": "#800000", "change": "#800080"}
"""On white: the nearest of sixteen to orange and to a dark yellow is a yellow that nobody reads."""

DARK = Theme(
    name="keyturn-dark",
    primary="#84d0ae",
    secondary="#84d0ae",
    accent="#84d0ae",
    foreground="#d8dde5",
    background="#14181d",
    surface="#181d23",
    panel="#20262e",
    success="#84d0ae",
    warning="#f0a05a",
    error="#ff8080",
    dark=True,
    variables=DRIFT_DARK,
)
LIGHT = Theme(
    name="keyturn-light",
    primary="#12694a",
    secondary="#12694a",
    accent="#12694a",
    foreground="#1d232b",
    background="#f7f8f9",
    surface="#f1f3f5",
    panel="#e6e9ed",
    success="#12694a",
    warning="#9a4700",
    error="#b3141f",
    dark=False,
    variables=DRIFT_LIGHT,
)
LIGHT_OF_SIXTEEN = replace(LIGHT, variables=DRIFT_LIGHT | DRIFT_LIGHT_OF_SIXTEEN)
