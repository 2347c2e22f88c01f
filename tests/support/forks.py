"""Python processes that do not pay for their imports: one that has imported gemcrawl and its libraries forks a child for each that is wanted.

A child is a process of its own, with its own arguments, environment, directory, output, signals and exit code; it begins where an interpreter would that has
just imported everything.  `gemcrawl.settings`, which reads the environment, is read anew.  What is about imports themselves needs a fresh interpreter.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from io import TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NoReturn, Self

CHECKOUT = Path(__file__).resolve().parents[2]
_IMPORTED = (
    "gemcrawl.cli",
    "gemcrawl.cli.run",
    "gemcrawl.fetch.handler",
    "gemcrawl.fetch.renderer",
    "gemcrawl.pipelines.snapshot",
    "gemcrawl.pipelines.transport",
    "gemcrawl.spiders.forms",
    "aiohttp.web",  # what else commands come to import, as they work
    "jinja2",
    "pandas",
    "pyarrow.dataset",
    "pyarrow.pandas_compat",
    "typer._adapters",
)


class Forked:
    """``python *command`` (``-c program ...`` or ``-m module ...``), as a `subprocess.Popen` with pipes for output and errors would run it."""

    def __init__(self, command: Sequence[str], *, cwd: Path, env: Mapping[str, str]) -> None:
        self.args = list(command)
        self.returncode: int | None = None
        (out, its_out), (err, its_err), (told, its_told) = os.pipe(), os.pipe(), os.pipe()
        asked = json.dumps({"command": self.args, "cwd": str(cwd), "env": dict(env)}).encode()
        socket.send_fds(_server(), [len(asked).to_bytes(8, "big")], [its_out, its_err, its_told])
        _server().sendall(asked)
        for end in (its_out, its_err, its_told):
            os.close(end)
        self.stdout: IO[str] = TextIOWrapper(os.fdopen(out, "rb"))
        self.stderr: IO[str] = TextIOWrapper(os.fdopen(err, "rb"))
        self._told: IO[str] = os.fdopen(told)
        self.pid = int(self._told.readline())

    def poll(self) -> int | None:
        """The exit code, as `subprocess` has it, once there is one."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            self.returncode = int(self._told.readline())
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """What it wrote until both pipes were closed, by it and by all that it started."""
        until = time.monotonic() + (timeout or 86400)
        texts: dict[int, bytes] = {pipe.fileno(): b"" for pipe in (self.stdout, self.stderr) if not pipe.closed}
        reading = set(texts)
        while reading:
            ready = select.select(list(reading), [], [], max(0, until - time.monotonic()))[0]
            if not ready:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            for end in ready:
                read = os.read(end, 1 << 16)
                texts[end] += read
                if not read:
                    reading.remove(end)
        out, err = (text.decode("utf-8", "replace").replace("\r\n", "\n") for text in texts.values())
        self.wait(max(0, until - time.monotonic()))
        self._close()
        return out, err

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None) -> None:
        if error is not None:
            self.kill()
        self.stdout.close()
        self.stderr.close()
        self.wait()
        self._close()

    def __del__(self) -> None:
        self._close()  # of one that is killed nobody may want to read anything

    def _close(self) -> None:
        for pipe in (self.stdout, self.stderr, self._told):
            pipe.close()


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a child: the checkout importable, a terminal of known width, nothing of gemcrawl's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GEMCRAWL_", "SCRAPY_"))}
    return {**kept, "PYTHONPATH": str(CHECKOUT), "COLUMNS": "200", **(more or {})}


@cache
def _server() -> socket.socket:
    """The way to the process that forks; it ends when this one does."""
    ours, its = socket.socketpair()
    with its:
        command = [sys.executable, "-m", "tests.support.forks", str(its.fileno())]
        process = subprocess.Popen(command, cwd=CHECKOUT, env=environment(), stdin=subprocess.DEVNULL, pass_fds=[its.fileno()])

    def close() -> None:
        ours.close()
        process.wait(10)

    atexit.register(close)
    return ours


def _serve(control: socket.socket) -> dict[str, Any]:
    """Forks for every process asked for; comes back in the child, with what it has to become.

    Between the two stands one that waits for the child and tells its number and its code.
    """
    while True:
        head, ends, *_ = socket.recv_fds(control, 8, 3)
        if not head:
            os._exit(0)
        asked: dict[str, Any] = json.loads(control.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL))
        if os.fork() == 0:
            break
        for end in ends:
            os.close(end)
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    control.close()
    out, err, told = ends
    if (pid := os.fork()) == 0:
        os.dup2(out, 1)
        os.dup2(err, 2)
        for end in ends:
            os.close(end)
        return asked
    os.close(out)
    os.close(err)
    os.write(told, f"{pid}\n".encode())
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with suppress(BrokenPipeError):
        os.write(told, f"{code}\n".encode())
    os._exit(0)


def _run(command: Sequence[str], cwd: str, env: Mapping[str, str]) -> None:
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.path[:0] = [path for path in env.get("PYTHONPATH", "").split(os.pathsep) if path and path not in sys.path]
    importlib.reload(sys.modules["gemcrawl.settings"])
    how, what, *arguments = command
    sys.argv = [how, *arguments]
    if how == "-m":
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        exec(compile(what, "<string>", "exec"), {"__name__": "__main__"})


def _become(asked: Mapping[str, Any]) -> NoReturn:
    """Runs and ends as the interpreter would, but for taking every module apart, which touches, and so copies, all that was shared."""
    code = 0
    try:
        _run(**asked)
    except SystemExit as leaving:
        if not isinstance(leaving.code, int | None):
            print(leaving.code, file=sys.stderr)
        code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
    except BaseException as error:  # noqa: BLE001 -- told, as the interpreter would
        sys.excepthook(type(error), error, error.__traceback__)
        code = -signal.SIGINT if isinstance(error, KeyboardInterrupt) else 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code & 0xFF)


if __name__ == "__main__":
    for name in _IMPORTED:
        with suppress(ModuleNotFoundError):
            importlib.import_module(name)
    gc.freeze()  # what is shared is not looked through, and so not copied, in the children
    _become(_serve(socket.socket(fileno=int(sys.argv[1]))))
