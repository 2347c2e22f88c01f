"""Workers of a fleet on a Dask cluster: each is one task, and each task one process, which comes back to the parent over TCP.

Dask finds a place for a worker and starts it.  All the rest (what it surveys, turns, what becomes of it when it is lost) is as with workers on
this machine: the parent talks to it over a wire.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import subprocess
import sys
import uuid
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from gemcrawl.exceptions import UsageError
from gemcrawl.fleet.link import REFUSED, Gate
from gemcrawl.fleet.processes import WORKER

if TYPE_CHECKING:
    from distributed import Client, Future

    from gemcrawl.fleet.wire import Wire

CONNECT_SECONDS = 20
"""How long the scheduler may take to answer."""
GONE = "the Dask cluster is gone"
LAST_WORDS_SECONDS = 5.0
"""How long after its wire a task may take to end; longer, and what it ran on counts as lost."""


def work(host: str, port: int, word: str, folder: str) -> int:
    """The task: runs one worker process to its end, on whatever machine Dask chose.

    Args:
        host: the parent's.
        port: likewise.
        word: lets it in.
        folder: the parent's working directory, which is used where it is shared; settings may name files in it.

    Returns:
        The process's exit code, negative after a signal.
    """
    command = [sys.executable, *WORKER, f"{host}:{port}"]
    at = folder if Path(folder).is_dir() else None
    # The pipe brings the word, which is nobody else's to see, and ends with this process: so does the worker.
    with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=at, start_new_session=True) as process:  # noqa: S603
        assert process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(f"{word}\n".encode())
            process.stdin.flush()
        return process.wait()


class ClusterProcess:
    """A worker somewhere on the cluster."""

    def __init__(self, future: Future, wire: Wire) -> None:
        self._future, self.wire = future, wire

    def kill(self) -> None:
        """See `gemcrawl.fleet.processes.Started.kill`: a worker does not outlive its wire."""
        self.wire.close()

    async def ended(self) -> int | None:
        """See `gemcrawl.fleet.processes.Started.ended`."""
        try:
            async with asyncio.timeout(LAST_WORDS_SECONDS):
                code = await _result(self._future)
        except TimeoutError:  # the machine is gone, and Dask has no other place for the task
            code = REFUSED
        await _cancelled(self._future)
        return code if isinstance(code, int) and code != REFUSED else None


class Cluster:
    """A Dask cluster that was there before, and will be there afterwards.

    Args:
        client: connected to it, in this event loop.
        gate: where its workers come back to.
        host: how they reach this machine.
        port: likewise.
        size: workers wanted at the same time.
    """

    def __init__(self, client: Client, gate: Gate, host: str, port: int, size: int) -> None:
        self._client, self._gate, self._host, self._port, self.size = client, gate, host, port, size
        self.apart: dict[str, Any] = {"LOG_FILE": None}  # it would be a file of another machine; Dask keeps what its workers say
        self._stack = AsyncExitStack()

    @classmethod
    async def connect(cls, address: str, size: int | None, reached_at: str | None) -> Self:
        """Connects to the scheduler.

        Args:
            address: of it: ``tcp://10.0.0.1:8786``.
            size: workers; as many as the cluster has threads now when left out.
            reached_at: HOST or HOST:PORT at which the cluster reaches this machine; when left out the address from which this machine
                reaches the scheduler, at any port.

        Raises:
            UsageError: Dask is not installed, the address is none, nobody answers, or the cluster has no worker and no size is given.
        """
        try:
            from distributed import Client
        except ImportError:
            raise UsageError("--dask needs Dask: pip install 'gemcrawl[dask]'") from None
        for name in ("distributed", "distributed.client"):  # Dask gives the second a level of its own
            logging.getLogger(name).setLevel(logging.CRITICAL)  # the fleet tells what becomes of its workers
        wanted_host, _, wanted_port = (reached_at or "").partition(":")
        if wanted_port and not (wanted_port.isdecimal() and 0 < int(wanted_port) < 65536):
            raise UsageError(f"GEMCRAWL_FLEET_ADDRESS {reached_at!a} is no HOST or HOST:PORT")
        async with AsyncExitStack() as stack:
            own = await asyncio.to_thread(_own_address, address)
            try:
                client = await stack.enter_async_context(Client(address, asynchronous=True, timeout=CONNECT_SECONDS))
            except (OSError, ValueError) as error:
                raise UsageError(f"--dask {address!a}: no scheduler answers there ({' '.join(str(error).split()) or 'nobody'})") from None
            threads = sum((await client.scheduler.ncores()).values())
            if not (size or threads):
                raise UsageError(
                    f"--dask {address!a}: this cluster has no worker yet; start some, or say how many to wait for with --workers"
                )
            gate = await stack.enter_async_context(Gate(own, int(wanted_port or 0)))
            cluster = cls(client, gate, wanted_host or own, gate.port, size or threads)
            cluster._stack = stack.pop_all()
        return cluster

    async def start(self, number: int) -> ClusterProcess:
        """See `gemcrawl.fleet.processes.Workers.start`; waits as long as the cluster has no place for it.

        Raises:
            OSError: the cluster is gone, or the task failed before its process came back here.
        """
        if self._client.status != "running":
            raise OSError(GONE)
        word, joined = self._gate.expect()
        task = self._client.submit(
            work, self._host, self._port, word, str(Path.cwd()), key=f"gemcrawl-worker-{number}-{uuid.uuid4().hex}", pure=False
        )
        finished = asyncio.ensure_future(_result(task))
        try:
            either: set[asyncio.Future[Any]] = {joined, finished}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if joined.done():
                return ClusterProcess(task, joined.result())
            why = finished.result()
        except BaseException:
            await _cancelled(task)
            raise
        finally:
            joined.cancel()
            finished.cancel()
        if why == GONE:
            raise OSError(GONE)
        raise OSError(f"worker {number} did not come to {self._host}:{self._port}: {why}; the log of its Dask worker may say more")

    async def close(self) -> None:
        """See `gemcrawl.fleet.processes.Workers.close`."""
        await self._stack.aclose()


async def _result(future: Future) -> int | str:
    """What became of a task: the exit code of its process, or why there was none."""
    try:
        code: int = await future.result()
    except asyncio.CancelledError:
        if (task := asyncio.current_task()) is not None and task.cancelling():
            raise
        return GONE  # that is how the client says it
    except Exception as error:  # noqa: BLE001  whatever a task raises where it ran comes back here
        return f"{type(error).__name__}: {error}"
    return code


async def _cancelled(future: Future) -> None:
    """Has Dask forget a task; a cluster that is gone has."""
    with contextlib.suppress(Exception):
        await future.cancel()


def _own_address(scheduler: str) -> str:
    """The address from which this machine reaches the scheduler.

    Raises:
        UsageError: it is no address, or there is no way to it.
    """
    parts = urlsplit(scheduler if "://" in scheduler else f"tcp://{scheduler}")
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=CONNECT_SECONDS) as connected:
            own: str = connected.getsockname()[0]
    except (OSError, ValueError) as error:
        raise UsageError(f"--dask {scheduler!a}: no scheduler answers there ({error}); an address looks like tcp://10.0.0.1:8786") from None
    return own
