"""One thing about a bundle that is not as written."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wrong:
    """`file` is "" for the zip itself; `where` names the line or entry, as far as it is known."""

    file: str
    where: str
    words: str

    def __str__(self) -> str:
        place = ", ".join(part for part in (self.file or "the zip", self.where) if part)
        return f"{place}: {self.words}"
