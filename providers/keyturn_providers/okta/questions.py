"""What `keyturn init` asks about an Okta organisation."""

from keyturn_providers.questions import AnswerForm, Question

NEEDS = (
    (
        "Either an API token (Security > API > Tokens), made while signed in as an administrator"
        " who may see all users and groups: it has that administrator's rights and ends with them."
    ),
    (
        "Or a service app (API Services) with a public key and the scopes okta.users.read,"
        " okta.groups.read, okta.apps.read and okta.logs.read; and to act, okta.users.manage and"
        " okta.groups.manage. It also needs an administrator role."
    ),
)
QUESTIONS = (
    Question(
        "url",
        "Address of the Okta organisation",
        "Not the one with -admin in it; https, or plain http on this machine.",
        form=AnswerForm.ADDRESS,
        example="https://acme.okta.com",
    ),
    Question(
        "client.id",
        "Client id of the service app",
        "Empty where keyturn uses an API token.",
        optional=True,
        example="0oa1b2c3d4e5f6g7h8i9",
    ),
    Question(
        "client.key_id",
        "Id (kid) of the service app's public key",
        "Okta shows it beside the key. Empty where the key itself holds it, or there is only one.",
        optional=True,
    ),
    Question(
        "client.scopes",
        "Scopes to ask for",
        "Each must be granted to the app; those that end in .manage let keyturn act.",
        form=AnswerForm.WORDS,
        default="okta.users.read okta.groups.read okta.apps.read okta.logs.read okta.roles.read",
    ),
    Question(
        "token",
        "Where the API token, or the service app's private key, comes from",
        "The name of an environment variable, or a command that prints it; never the token.",
        form=AnswerForm.CREDENTIAL,
        example="OKTA_TOKEN",
        default="OKTA_TOKEN",
    ),
    Question(
        "app",
        "The 1Password application in Okta (id or label)",
        "With it keyturn sees whom Okta provisions into 1Password, and which groups it pushes.",
        optional=True,
        example="0oa1password",
    ),
)
