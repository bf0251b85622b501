"""The requests of the Users API: list by state, read, suspend, reactivate."""

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version

from keyturn_providers.contract import Surroundings
from keyturn_providers.errors import BadAnswer, Misconfigured, NotAllowed, ProviderError
from keyturn_providers.exchange import Answer
from keyturn_providers.http import Transport
from keyturn_providers.onepassword.users_api.payloads import (
    UsersPage,
    account,
    error_of,
    explain,
    users_page,
)
from keyturn_providers.onepassword.users_api.settings import UsersApiSettings
from keyturn_providers.onepassword.users_api.token import AccessTokens
from keyturn_providers.origin import segment
from keyturn_providers.records import Account
from keyturn_providers.text import safe

ACTIVE, SUSPENDED = "user.isActive()", "user.isSuspended()"
PAGE = 1000
_DIFFERS = "The Users API differs from what keyturn knows; nothing was taken from this answer."
_REFUSALS = {400, 403, 409, 412, 422}


class UsersClient:
    """Everything raises `ProviderError` only. Sends nothing before the first request."""

    def __init__(self, source: str, settings: UsersApiSettings, surroundings: Surroundings) -> None:
        self.source = source
        self.account_id = settings.account_id
        self._tokens = AccessTokens(source, settings, surroundings)
        self.transport = Transport(
            source,
            settings.base_url,
            surroundings,
            headers={"User-Agent": _user_agent()},
            explain=explain,
            renewed=self._tokens,
            judge=self._judge,
        )
        self._users = f"/v1beta1/accounts/{segment(settings.account_id)}/users"

    async def aclose(self) -> None:
        await self.transport.aclose()
        await self._tokens.aclose()

    async def page(self, state: str, token: str, *, size: int = PAGE, what: str) -> UsersPage:
        """A page of the users in a state (`ACTIVE` or `SUSPENDED`)."""
        params: dict[str, str | int] = {"filter": state, "max_page_size": size}
        if token:
            params["page_token"] = token
        answer = await self._read(self._users, params, what, ok=(200,))
        payload, problem = answer.json(), ""
        try:
            return users_page(payload)
        except ValueError as error:
            problem = str(error)
        raise BadAnswer(self.source, what, problem, _DIFFERS)

    async def user(self, user_id: str, *, what: str) -> Account | None:
        """The user; None where there is none of this id in an account that does answer."""
        answer = await self._read(self._path(user_id, what), None, what, ok=(200, 404))
        if answer.status == 404:
            await self.page(ACTIVE, "", size=1, what=what)
            return None
        return self._checked(answer, user_id)

    async def change(self, user_id: str, verb: str, *, what: str) -> tuple[Answer, Account | None]:
        """Sends `suspend` or `reactivate` once; the user as the answer has it, if it has one."""
        path = f"{self._path(user_id, what)}:{verb}"
        answer = await self.transport.request("POST", path, what=what, writes=True)
        try:
            return answer, self._checked(answer, user_id)
        except BadAnswer:
            return answer, None

    async def _read(
        self,
        path: str,
        params: Mapping[str, str | int] | None,
        what: str,
        *,
        ok: tuple[int, ...],
    ) -> Answer:
        answer = await self.transport.request(
            "GET", path, params=params, what=what, writes=False, ok=(*ok, 401)
        )
        if answer.status == 401:
            # It may have ended or been revoked early: once more with another.
            self._tokens.refused()
            answer = await self.transport.request(
                "GET", path, params=params, what=what, writes=False, ok=ok
            )
        return answer

    def _path(self, user_id: str, what: str) -> str:
        problem = ""
        try:
            return f"{self._users}/{segment(user_id)}"
        except ValueError as error:
            problem = str(error)
        raise Misconfigured(self.source, what, problem, "Nothing was sent; refresh and try again.")

    def _checked(self, answer: Answer, user_id: str) -> Account:
        found = account(answer.json())
        if isinstance(found, Account) and found.id == user_id:
            return found
        problem = (
            f"It answered with another user ({found.id})."
            if isinstance(found, Account)
            else found.reason
        )
        raise BadAnswer(self.source, answer.what, problem, _DIFFERS)

    def _judge(self, answer: Answer, writes: bool) -> ProviderError | None:
        """What a refusal means. Of a change it is about the one user, never about the token's
        shape; nothing was changed."""
        error = error_of(answer.body)
        if error is None or answer.status not in _REFUSALS:
            return None
        said = safe(" ".join(error.message.split()), 200)
        words = error.message.casefold()
        if "owner" in words:
            why = "This is the last owner of the account, who cannot be suspended."
            step = "Make another person an owner first."
        elif "external" in words:
            why = "This person is managed by another organisation (an external administrator)."
            step = "Ask that organisation, or remove the person's access by hand."
        elif error.name in {"PermissionDenied", "permissiondenied"}:
            why = "The OAuth application lacks the scope for this."
            step = "Give it the scope under Integrations in 1Password."
        else:
            return None
        quoted = f' It says: "{said}".' if said else ""
        return NotAllowed(self.source, answer.what, f"{why}{quoted} Nothing was changed.", step)


def _user_agent() -> str:
    """Product and version, as every call must name them."""
    try:
        return f"keyturn/{version('keyturn')}"
    except PackageNotFoundError:  # run from a tree that was never installed
        return "keyturn/0"
