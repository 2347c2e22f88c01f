"""A real Dask cluster on loopback: a scheduler and workers, each a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

from tests.cli.program import environment


class DaskCluster:
    """Lasts as long as the context; ``workers`` are its processes.

    Args:
        folder: for its files.
        workers: to begin with, with one thread each.
        env: of the workers, beside what every child gets.
        host: address of the scheduler.
    """

    def __init__(self, folder: Path, workers: int = 2, env: Mapping[str, str] | None = None, host: str = "127.0.0.1") -> None:
        self.folder, self._wanted, self._env, self._host = folder, workers, env, host
        self.address = ""
        self.workers: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        told = self.folder / "scheduler.json"
        self.scheduler = self._start(
            "scheduler", "--host", self._host, "--port", "0", "--no-dashboard", "--no-jupyter", "--scheduler-file", str(told)
        )
        until = time.monotonic() + 60
        while not self.address:
            assert self.scheduler.poll() is None, self.log()
            assert time.monotonic() < until, self.log()
            with suppress(OSError, ValueError):
                self.address = json.loads(told.read_bytes())["address"]
            time.sleep(0.05)
        for _ in range(self._wanted):
            self.add_worker()
        self.wait_for(self._wanted)
        return self

    def __exit__(self, *_: object) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()

    def add_worker(self, *options: str, at: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        """One more; it comes when it is ready.

        Args:
            options: of ``dask worker``.
            at: the beginning of a command that runs the rest of it somewhere else.
        """
        name = f"w{len(self.workers)}"
        directory = ["--local-directory", str(self.folder / name)]
        self.workers.append(
            self._start(
                "worker", self.address, "--no-nanny", "--nthreads", "1", "--name", name, "--no-dashboard", *directory, *options, at=at
            )
        )
        return self.workers[-1]

    @property
    def alive(self) -> list[subprocess.Popen[bytes]]:
        """The worker processes that are there."""
        return [worker for worker in self.workers if worker.poll() is None]

    def wait_for(self, workers: int) -> None:
        """Waits until so many have come."""
        until = time.monotonic() + 90
        while self.log().count("Register worker") < workers:
            assert time.monotonic() < until, self.log()
            time.sleep(0.05)

    def log(self) -> str:
        """What scheduler and workers said."""
        return "".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("*.log")))

    def _start(self, *arguments: str, at: Sequence[str] = ()) -> subprocess.Popen[bytes]:
        with (self.folder / f"{arguments[0]}-{len(self.workers)}.log").open("wb") as log:
            command = [*at, sys.executable, "-W", "ignore", "-m", "dask", *arguments]
            return subprocess.Popen(command, cwd=self.folder, env=environment(self._env), stdout=log, stderr=subprocess.STDOUT)
