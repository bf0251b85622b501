"""What keyturn keeps in SQLite: snapshots (rebuildable) and the journal (precious)."""
