"""1Password's Events API: audit events, item usages and sign-in attempts of the last 120 days."""
