"""What `keyturn init` asks about an Okta organisation."""

from keyturn_providers.okta.settings import READ_SCOPES, WRITE_SCOPES
from keyturn_providers.questions import AnswerForm, Question

NEEDS = (
    (
        "An API token of an admin who may see all users and groups (Read-only Administrator to"
        " read, Super or Organisation Administrator to act); or, better, an OAuth service app."
    ),
    f"A service app needs an admin role and these scopes to read: {', '.join(READ_SCOPES)}.",
    f"And these to act: {', '.join(WRITE_SCOPES)}.",
)
QUESTIONS = (
    Question(
        "url",
        "Address of the Okta organisation",
        "The one people sign in at, without a path.",
        form=AnswerForm.ADDRESS,
        example="https://acme.okta.com",
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
        "client.id",
        "Client id of the OAuth service app",
        "Only where the credential above is a private key; empty for an API token.",
        example="0oa1service",
        optional=True,
    ),
    Question(
        "client.key_id",
        "Id of the registered key (kid)",
        "As Okta shows it next to the app's public key; a JWK brings its own.",
        optional=True,
    ),
    Question(
        "app",
        "The 1Password application in Okta, by id or label",
        "Its assignments and push groups tell what Okta sends to 1Password, and how that stands.",
        example="1Password",
        optional=True,
    ),
    Question(
        "ca_file",
        "PEM file of the company's own certificate authority",
        "Only where a proxy in between has a certificate of its own.",
        optional=True,
    ),
)
