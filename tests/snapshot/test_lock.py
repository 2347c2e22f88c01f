"""One run at a time, and no lock that outlives its process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gemcrawl.exceptions import Locked, OutputError
from gemcrawl.snapshot.lock import Holder, OutputLock, holder

HOLDING = """
import subprocess, sys, time
from pathlib import Path
from gemcrawl.snapshot.lock import OutputLock
lock = OutputLock.acquire(Path(sys.argv[1]))
child = subprocess.Popen([sys.executable, "-c", "import time; print('here', flush=True); time.sleep(60)"], stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(60)
"""


def test_a_second_run_is_told_who_holds_it(tmp_path):
    held = OutputLock.acquire(tmp_path)
    with pytest.raises(Locked, match=rf"process {os.getpid()} on {socket.gethostname()} since 20\d\d-.*another output with --output"):
        OutputLock.acquire(tmp_path)
    held.release()


def test_it_is_free_again_after_it_was_released(tmp_path):
    OutputLock.acquire(tmp_path).release()
    again = OutputLock.acquire(tmp_path)
    again.release()
    again.release()


def test_a_process_that_was_killed_holds_nothing_though_its_child_lives_on(tmp_path):
    with subprocess.Popen([sys.executable, "-c", HOLDING, tmp_path], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        try:
            told = holder(tmp_path)
            assert isinstance(told, Holder)
            assert told.pid == process.pid
            with pytest.raises(Locked, match=f"process {process.pid} "):
                OutputLock.acquire(tmp_path)
            process.kill()
            process.wait()
            os.kill(child, 0)
            OutputLock.acquire(tmp_path).release()
        finally:
            os.kill(child, signal.SIGKILL)


def test_asking_who_holds_it_takes_and_makes_nothing(tmp_path):
    assert holder(tmp_path) is None
    assert not list(tmp_path.iterdir())
    OutputLock.acquire(tmp_path).release()
    assert holder(tmp_path) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"pid": "x"}', b"\xff"])
def test_a_lock_whose_file_says_nothing_is_held_all_the_same(tmp_path, content):
    held = OutputLock.acquire(tmp_path)
    (tmp_path / "lock").write_bytes(content)
    assert holder(tmp_path) == "somebody"
    with pytest.raises(Locked, match="somebody"):
        OutputLock.acquire(tmp_path)
    held.release()


def test_what_the_file_says_reaches_no_terminal_raw(tmp_path):
    held = OutputLock.acquire(tmp_path)
    (tmp_path / "lock").write_text('{"pid": 1, "host": "\\u001b[2J", "since": "now"}')
    assert "\x1b" not in str(holder(tmp_path))
    held.release()


def test_an_output_that_is_gone_is_named(tmp_path):
    with pytest.raises(OutputError, match="cannot be opened"):
        OutputLock.acquire(Path(tmp_path / "gone"))
