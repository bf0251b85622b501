"""Decisions, pure: no I/O, clock, randomness or Textual. Values in, values out."""
