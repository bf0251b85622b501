"""1Password's Users API: lists, suspends and reactivates people, with a token of its own."""
