"""A forked process is, seen from outside, the one that a fresh interpreter would have been."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.forks import CHECKOUT, Forked, environment

PROGRAMS = {
    "what it was given": "import os, sys; print(os.getcwd(), sys.argv, os.environ['MINE'], __name__, input.__name__, sep='|')",
    "nothing from the terminal": "import sys; print(repr(sys.stdin.read()))",
    "a code": "import sys; sys.exit(3)",
    "a code beyond a byte": "import sys; sys.exit(259)",
    "a reason": "import sys; sys.exit('no')",
    "no reason": "import sys; sys.exit(None)",
    "an error": "1 / 0",
    "an interruption": "raise KeyboardInterrupt",
    "a signal": "import os; os.kill(os.getpid(), 15)",
    "handlers at the end": "import atexit; atexit.register(print, 'last'); print('first')",
    "threads at the end": "import threading, time; threading.Thread(target=lambda: (time.sleep(0.1), print('late'))).start()",
    "settings": "import gemcrawl.settings as s; print(s.GEMCRAWL_CONTACT)",
    "no thread of others": "import threading; print(threading.active_count())",
    "signals as ever": "import signal; print([signal.getsignal(n) for n in (signal.SIGCHLD, signal.SIGTERM, signal.SIGPIPE)])",
}


def fresh(command: list[str], cwd: Path, env: dict[str, str]) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, *command], cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, text=True)


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_ends_as_a_fresh_one(program: str, tmp_path: Path) -> None:
    command, env = ["-c", PROGRAMS[program], "a", "b c"], environment({"MINE": "é", "GEMCRAWL_CONTACT": "https://mine.test"})
    left = []
    for process in (Forked(command, cwd=tmp_path, env=env), fresh(command, tmp_path, env)):
        with process:
            out, err = process.communicate(60)
        left.append((process.returncode, out, err.splitlines()[-1:]))
    assert left[0] == left[1]


def test_it_is_a_process_that_can_be_watched_and_ended(tmp_path: Path) -> None:
    program = "import sys, time; print(__import__('os').getpid(), flush=True); time.sleep(60)"
    with Forked(["-c", program], cwd=tmp_path, env=environment()) as process:
        assert int(process.stdout.readline()) == process.pid
        assert process.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            process.communicate(0.05)
        process.kill()
        assert process.wait(10) == process.poll() == -signal.SIGKILL
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


def test_a_module_is_found_where_the_environment_says(tmp_path: Path) -> None:
    (tmp_path / "only_here.py").write_text("import sys\nprint(sys.argv[1:], __name__)\n")
    env = environment({"PYTHONPATH": f"{CHECKOUT}{os.pathsep}{tmp_path}"})
    with Forked(["-m", "only_here", "x"], cwd=CHECKOUT, env=env) as process:
        assert process.communicate(60) == ("['x'] __main__\n", "")
