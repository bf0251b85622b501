"""What the operator says of a leaver, for lack of a system that keyturn could ask."""

from dataclasses import dataclass

from keyturn.evidence.moments import moment


@dataclass(frozen=True, slots=True)
class Stated:
    """Written into the evidence as stated, not as checked. `left_ms` is UTC. `from_case` names what
    was stated in the leaver's case, and not with the report."""

    left_at: str | None = None
    left_ms: int | None = None
    approver: str | None = None
    ticket: str | None = None
    legal_hold: str | None = None
    from_case: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of what was stated on the command line, and not in the case."""
        given = (
            ("left_at", self.left_at),
            ("approver", self.approver),
            ("ticket", self.ticket),
            ("legal_hold", self.legal_hold),
        )
        return tuple(
            name for name, value in given if value is not None and name not in self.from_case
        )


def stated(
    left_at: str | None, approver: str | None, ticket: str | None, legal_hold: str | None
) -> Stated:
    """The statements; raises NotAMoment for a leave time without zone."""
    return Stated(
        left_at=left_at,
        left_ms=moment(left_at) if left_at is not None else None,
        approver=approver,
        ticket=ticket,
        legal_hold=legal_hold,
    )
