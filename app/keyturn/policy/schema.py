"""The JSON Schema of keyturn.yaml, for editors: `python -m keyturn.policy.schema` writes it.

A line `# yaml-language-server: $schema=...` in the file makes an editor use it.
"""

import json
from pathlib import Path

from keyturn.policy.models import PolicyPart

SCHEMA_FILE = Path(__file__).with_name("schema.json")


def schema_text() -> str:
    """The schema as it stands in `schema.json`, made from the models."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **PolicyPart.model_json_schema(),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
