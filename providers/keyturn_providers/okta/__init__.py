"""Okta as the directory."""
