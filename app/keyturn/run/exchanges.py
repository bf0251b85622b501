"""What was asked and answered when a step failed, kept in the journal with its run."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

from keyturn.decide.plans import Operation
from keyturn.run.running import Run
from keyturn_providers.errors import ProviderError, Throttled
from keyturn_providers.heard import listening
from keyturn_storage.queries.activity import EXCHANGE


@contextmanager
def kept_if_it_fails(run: Run, operation: Operation) -> Iterator[None]:
    """Writes down what was asked and answered where the call in the block fails. Being told to wait
    is no failure. Nothing depends on it: a crash before it is written loses no step."""
    with listening() as heard:
        try:
            yield
        except Throttled:
            raise
        except ProviderError:
            if heard:
                body = {"operation": operation.id, "exchanges": [asdict(one) for one in heard]}
                run.journal.note(
                    EXCHANGE, json.dumps(body, ensure_ascii=False), run.clock.now_ms(),
                    run_id=run.id, generation=run.generation,
                )  # fmt: skip
            raise
