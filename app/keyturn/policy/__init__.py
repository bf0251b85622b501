"""keyturn.yaml: what should be, loaded with every mistake named by line and column."""
