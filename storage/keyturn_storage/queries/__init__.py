"""Named SQL: everything a screen shows is one of these, windowed, never a full load."""
