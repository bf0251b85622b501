"""What every simulated tenant that is spoken to over HTTP has in common: state in one SQLite file,
faults on demand, rate windows, a log of requests, and serving on loopback."""
