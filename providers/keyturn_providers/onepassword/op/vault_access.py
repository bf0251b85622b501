"""Writes of direct vault access: always closed sets of permissions, from what is held just now."""

from collections.abc import Sequence

from keyturn_providers.abilities import Outcome, Receipt
from keyturn_providers.errors import Conflict, Gone, NotAllowed
from keyturn_providers.onepassword.op.carriers import Carrier, parse_carrier
from keyturn_providers.onepassword.op.classify import Trouble
from keyturn_providers.onepassword.op.client import OpClient
from keyturn_providers.onepassword.op.live import LiveRead
from keyturn_providers.onepassword.op.queries import is_id
from keyturn_providers.onepassword.op.standing import Standing
from keyturn_providers.onepassword.op.taken import Taken
from keyturn_providers.records import Grant, Level, PrincipalKind
from keyturn_providers.text import safe

_AGAIN = "Refresh and plan again."


class VaultAccess:
    """Gives, narrows and takes direct access of people and groups to vaults."""

    def __init__(self, client: OpClient, live: LiveRead, standing: Standing, taken: Taken) -> None:
        self._client = client
        self._live = live
        self._standing = standing
        self._vocabulary = standing.vocabulary
        self._taken = taken

    async def grant(
        self,
        vault_id: str,
        kind: PrincipalKind,
        principal_id: str,
        level: Level,
        permissions: Sequence[str] = (),
    ) -> Receipt:
        """Adds what is missing of `permissions`, or of `level` where none are named. Raises
        Conflict where more than the level is held: giving cannot make a grant narrower."""
        what = f"granting {level.value} on vault {safe(vault_id, 60)} to {safe(principal_id, 60)}"
        if kind is PrincipalKind.MACHINE:
            raise self._refusal(
                what, "Access of machine identities is fixed when they are made.", "Make a new one."
            )
        if not is_id(vault_id) or not is_id(principal_id):
            raise Gone(self._client.source, what, "There is no such vault or principal.", _AGAIN)
        wanted = self._wanted(level, permissions, what)
        carrier = Carrier(kind, principal_id, vault_id)
        held = self._permissions(await self._held(carrier), what)
        if wanted <= held:
            if permissions or self._vocabulary.level_of(held) is level:
                return Receipt(Outcome.ALREADY_SO)
            raise Conflict(
                self._client.source,
                what,
                "More than that is held already.",
                "Narrow the grant instead; nothing was sent.",
            )
        await self._give(carrier, wanted, what)
        return Receipt(Outcome.APPLIED)

    async def restore(self, carrier: str, permissions: Sequence[str] = ()) -> Receipt:
        """Gives `permissions` back, or where none are named what this process took: 1Password does
        not keep it."""
        parsed = self._parsed(carrier)
        what = f"restoring {safe(carrier, 140)}"
        taken = self._taken.permissions.get(carrier)
        if permissions:
            taken = self._known(permissions, what)
        if taken is None:
            raise Conflict(
                self._client.source,
                what,
                "Which permissions it had is not known any more.",
                "Grant the level that is wanted instead; nothing was sent.",
            )
        held = self._permissions(await self._held(parsed), what)
        if taken <= held:
            return Receipt(Outcome.ALREADY_SO)
        await self._give(parsed, self._vocabulary.to_grant(taken), what)
        return Receipt(Outcome.APPLIED)

    async def revoke(self, carrier: str) -> Receipt:
        """Takes the whole direct access. What the principal holds through groups stays."""
        parsed = self._parsed(carrier)
        what = f"revoking {safe(carrier, 140)}"
        self._refuse_own(parsed, what)
        grant = await self._held(parsed)
        if grant is None:
            return Receipt(Outcome.ALREADY_SO)
        reply = await self._client.write(
            *self._words(parsed, "revoke"),
            "--no-input",
            what=what,
            paced=True,
            returned=frozenset({Trouble.NOT_HELD}),
        )
        if reply.trouble is not None:
            return Receipt(Outcome.ALREADY_SO, note=reply.words)
        self._remember(carrier, grant)
        return Receipt(Outcome.APPLIED, note=_named(grant))

    async def narrow(self, carrier: str, level: Level, permissions: Sequence[str] = ()) -> Receipt:
        """Takes what goes beyond `permissions`, or beyond `level` where none are named, with what
        cannot be held without it, in one call."""
        parsed = self._parsed(carrier)
        what = f"narrowing {safe(carrier, 140)} to {level.value}"
        self._refuse_own(parsed, what)
        wanted = self._wanted(level, permissions, what)
        grant = await self._held(parsed)
        if grant is None:
            return Receipt(Outcome.ALREADY_SO, note="nothing is held there any more")
        held = self._permissions(grant, what)
        gone = self._vocabulary.to_revoke(held - wanted, held)
        if not gone:
            return Receipt(Outcome.ALREADY_SO)
        names = self._vocabulary.in_order(gone)
        await self._client.write(
            *self._words(parsed, "revoke"),
            "--permissions",
            ",".join(names),
            "--no-input",
            what=what,
            paced=True,
        )
        self._remember(carrier, grant)
        left = "" if gone < held else "; nothing is left of the access"
        return Receipt(Outcome.APPLIED, note=f"took {', '.join(names)}{left}")

    async def _give(self, carrier: Carrier, permissions: frozenset[str], what: str) -> None:
        await self._client.write(
            *self._words(carrier, "grant"),
            "--permissions",
            ",".join(self._vocabulary.in_order(permissions)),
            "--no-input",
            what=what,
            paced=True,
        )

    async def _held(self, carrier: Carrier) -> Grant | None:
        return await self._live.grant_on(carrier.kind, carrier.principal_id, carrier.vault_id)

    def _permissions(self, grant: Grant | None, what: str) -> frozenset[str]:
        """What is held, in the account's own words. Raises Conflict where that is not known."""
        if grant is None:
            return frozenset()
        held = self._vocabulary.normal(grant.permissions)
        unknown = sorted(held - self._vocabulary.known)
        if grant.level is not Level.UNKNOWN:
            return held
        why = (
            f"It holds permissions keyturn does not know: {', '.join(unknown)}."
            if unknown
            else "1Password does not say which permissions are held."
        )
        raise Conflict(
            self._client.source, what, why, "Nothing was sent; change it in 1Password by hand."
        )

    def _remember(self, carrier: str, grant: Grant) -> None:
        known = self._vocabulary.normal(grant.permissions) & self._vocabulary.known
        if known:
            self._taken.permissions[carrier] = known

    def _wanted(self, level: Level, permissions: Sequence[str], what: str) -> frozenset[str]:
        if permissions:
            return self._vocabulary.to_grant(self._known(permissions, what))
        try:
            return self._vocabulary.of_level(level)
        except ValueError:
            pass
        raise self._refusal(
            what,
            f"1Password has no permissions for the level {level.value} on this kind of account.",
            "Choose another level in keyturn.yaml.",
        )

    def _known(self, permissions: Sequence[str], what: str) -> frozenset[str]:
        unknown = sorted(self._vocabulary.unknown(permissions))
        if unknown:
            raise self._refusal(
                what,
                f"This kind of account has no such permissions: {safe(', '.join(unknown), 200)}.",
                "Name others in keyturn.yaml; nothing was sent.",
            )
        return self._vocabulary.normal(permissions)

    def _words(self, carrier: Carrier, verb: str) -> tuple[str, ...]:
        holder = ("--vault", carrier.vault_id, f"--{carrier.word}", carrier.principal_id)
        return ("vault", carrier.word, verb, *holder)

    def _parsed(self, carrier: str) -> Carrier:
        try:
            parsed = parse_carrier(carrier)
        except ValueError:
            parsed = None
        if parsed is None or not is_id(parsed.principal_id) or not is_id(parsed.vault_id):
            raise Conflict(
                self._client.source,
                "reading a carrier",
                f"{safe(carrier, 120)} does not name an edge of this kind of source.",
                _AGAIN,
            )
        return parsed

    def _refuse_own(self, carrier: Carrier, what: str) -> None:
        if carrier.kind is PrincipalKind.ACCOUNT and carrier.principal_id == self._standing.own_id:
            raise self._refusal(
                what,
                "This is the account keyturn itself works with.",
                "Do it with another Owner's or Administrator's session.",
            )

    def _refusal(self, what: str, why: str, next_step: str) -> NotAllowed:
        return NotAllowed(self._client.source, what, why, next_step)


def _named(grant: Grant) -> str:
    return f"it was {', '.join(grant.permissions)}" if grant.permissions else ""
