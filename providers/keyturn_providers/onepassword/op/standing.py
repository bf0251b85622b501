"""Who is signed in, to what kind of account, and what that session can see."""

from dataclasses import dataclass

from keyturn_providers.errors import BadAnswer, Misconfigured, NotAllowed, NotAuthenticated
from keyturn_providers.onepassword.op import translate
from keyturn_providers.onepassword.op.failures import SIGN_IN
from keyturn_providers.onepassword.op.queries import Queries, is_id
from keyturn_providers.onepassword.permissions import BUSINESS, Vocabulary, vocabulary_for
from keyturn_providers.text import safe

_SERVICE_ACCOUNT = "SERVICE_ACCOUNT"
_WHAT = "asking who is signed in"


@dataclass(frozen=True, slots=True)
class Standing:
    """`owner` is True only where the session is proven to be an Owner's: the one role that can
    manage, and so list, every vault that is not somebody's own. `machines`: it may list Connect
    servers and tokens."""

    tenant: str
    account_name: str
    account_type: str
    address: str
    own_id: str
    own_name: str
    owner: bool
    administrator: bool
    service_account: bool
    machines: bool
    vocabulary: Vocabulary

    @property
    def business(self) -> bool:
        return self.vocabulary is BUSINESS


async def find_standing(queries: Queries) -> Standing:
    """Asks the account first: with the desktop app that is what brings up its prompt, which
    `op whoami` never does."""
    account = await queries.account()
    who = await queries.whoami()
    if who.account_uuid and who.account_uuid != account.id:
        raise BadAnswer(
            queries.source,
            _WHAT,
            "op answers for two different accounts.",
            "Name the account under `account` in keyturn.yaml, then press r.",
        )
    if not is_id(who.user_uuid):
        raise NotAuthenticated(queries.source, _WHAT, "op does not say who is signed in.", SIGN_IN)
    service_account = who.user_type.upper() == _SERVICE_ACCOUNT
    types = frozenset() if service_account else await _own_types(queries, who.user_uuid)
    return Standing(
        tenant=safe(account.id, 100),
        account_name=safe(account.name),
        account_type=safe(account.type, 40),
        address=safe(who.url or account.domain, 200),
        own_id=who.user_uuid,
        own_name=safe(who.email) or ("a service account" if service_account else who.user_uuid),
        owner=translate.OWNERS in types,
        administrator="ADMINISTRATORS" in types,
        service_account=service_account,
        machines=not service_account and await _may_list_machines(queries),
        vocabulary=vocabulary_for(account.type),
    )


async def _may_list_machines(queries: Queries) -> bool:
    """Asked once at the start: a list that this session never gets would leave every snapshot
    incomplete."""
    try:
        await queries.connect_servers()
    except (NotAllowed, Misconfigured):
        return False
    return True


async def _own_types(queries: Queries, own_id: str) -> frozenset[str]:
    """The types of the groups the session's person is in. Names prove nothing: anybody may call a
    group Owners."""
    groups = await queries.groups_of(own_id)
    if groups is None or not groups.items:
        return frozenset()
    details = await queries.group_details([group.id for group in groups.items])
    return frozenset(group.type.upper() for group in details.items)
