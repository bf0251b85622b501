"""The language lists are filtered by: what is typed becomes a filter. Pure."""
