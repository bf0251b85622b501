"""The dashboard: a view over the cache and `keyturn.run`. It decides nothing itself."""
