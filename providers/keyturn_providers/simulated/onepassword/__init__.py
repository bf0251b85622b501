"""A simulated 1Password tenant on one file: `op`, SCIM bridge, Users API and Events API.

This module imports nothing: `op` starts through it and must not pay for the web framework.
"""
