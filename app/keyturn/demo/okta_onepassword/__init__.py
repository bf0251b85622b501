"""The demo on a simulated Okta and a simulated 1Password: one organisation, drifted."""
