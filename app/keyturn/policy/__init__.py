"""keyturn.yaml: what should be, loaded with every mistake named by line and column.

`load.load_policy` reads the file; what it returns and raises is here. Importing this package does
not import PyYAML or pydantic.
"""

from keyturn.policy.loaded import LoadedPolicy, SourceConfig
from keyturn.policy.problems import Code, PolicyInvalid, Problem

__all__ = ["Code", "LoadedPolicy", "PolicyInvalid", "Problem", "SourceConfig"]
