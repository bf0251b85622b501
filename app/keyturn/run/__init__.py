"""The only place where decisions meet I/O: refresh, apply, verify, recover."""
