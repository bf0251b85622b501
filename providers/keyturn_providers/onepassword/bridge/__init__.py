"""1Password's SCIM bridge, or the provisioning that 1Password hosts: people, groups, health."""
