"""What a test starts is gone with it, also where the test fails and somebody sleeps."""

import os
import subprocess
import sys
from contextlib import suppress

from tests.children import reaped

SLEEPER = """
import os, signal, time
child = os.fork()
if child == 0:
    os.kill(os.getpid(), signal.SIGSTOP)
    time.sleep(300)
os.waitpid(child, os.WUNTRACED)
print("asleep", flush=True)
time.sleep(300)
"""


def test_a_failing_test_leaves_nobody_of_the_group() -> None:
    ours, theirs = os.pipe()
    command = [sys.executable, "-c", SLEEPER]
    with os.fdopen(ours) as said:
        with (
            suppress(RuntimeError),
            reaped(subprocess.Popen(command, stdout=theirs, start_new_session=True)) as process,
        ):
            os.close(theirs)
            assert said.readline() == "asleep\n"
            raise RuntimeError("planted")
        assert process.returncode == -9
        assert said.read() == ""  # nobody has the other end any more
