"""The demo on a real scim2-server and a real OpenBao."""
