"""1Password's command-line tool `op`, signed in as a person: the surface that sees everything."""
