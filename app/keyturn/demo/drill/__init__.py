"""A scripted bad day on the demo: what goes wrong, when, and how keyturn came through it."""
