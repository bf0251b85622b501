"""The pieces screens are made of. None of them knows a source, a policy or a plan."""
