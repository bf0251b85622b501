"""What keyturn knows of remote systems: records, the connector contract and the connectors."""
