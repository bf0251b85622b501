"""1Password as the side that holds the secrets."""
