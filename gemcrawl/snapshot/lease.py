"""One run at a time per output in an object store: a lease, which ends some time after its holder gave the last sign of life.

pyarrow.fs cannot write on the condition that an object is not there yet, so that no single object can be the lock.  Instead everybody who
wants the output writes a claim of his own, ``output/leases/<id>.json``, and lists the claims afterwards: where listings show what was written
before (S3, GCS and Azure all promise that), of two who claim at the same time at least one sees the other.  Who sees another claim that is
alive withdraws his own.  How old a claim is, is the difference between two times of the store's own clock; nobody's clock is compared with it.
"""

from __future__ import annotations

import contextlib
import json
import logging
import random
import threading
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from gemcrawl import clock, settings
from gemcrawl.exceptions import Locked, OutputError, StoreFailed
from gemcrawl.places import ahead, reason
from gemcrawl.snapshot.holder import Holder, told_by

if TYPE_CHECKING:
    from gemcrawl.places import StorePath

LEASES = "leases"
SLACK = 2.0
"""Seconds by which a claim must be older than its term: stores tell times in whole seconds."""
TRIES = 4
"""Claims made before the output counts as held, while those in the way have not won either."""
RENEWALS = 4
"""Signs of life per term."""
logger = logging.getLogger(__name__)


def _now() -> float:
    """Seconds that go on while the machine sleeps: it may sleep longer than its lease."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass(frozen=True, slots=True)
class _Claim:
    path: StorePath
    won: bool
    """Its owner holds the output, rather than asking for it."""
    holder: Holder | str
    left: float
    """Seconds until it counts as dead; the lower bound of them."""


class Lease:
    """Holds an output; a thread renews it until it is released."""

    def __init__(self, output: StorePath, seconds: float) -> None:
        self._output, self._seconds = output, seconds
        self._mine = output / LEASES / f"{uuid.uuid4().hex}.json"
        self._until = 0.0
        self._lost = False
        self._released = threading.Event()
        self._renewing = threading.Thread(target=self._renew, name="lease", daemon=True)

    @classmethod
    def acquire(cls, output: StorePath, seconds: float | None = None) -> Self:
        """Takes the lease of an output.

        Args:
            output: in a store.
            seconds: its term; GEMCRAWL_LEASE_SECONDS when left out.

        Raises:
            Locked: another run holds it.
            OutputError: the store cannot be asked or written to.
        """
        lease = cls(output, seconds or settings.GEMCRAWL_LEASE_SECONDS)
        try:
            for attempt in range(TRIES):
                if attempt:  # all who claimed at once have withdrawn: another time
                    time.sleep(random.uniform(0.2, 1.0) * attempt)  # noqa: S311
                lease._write(won=False)
                others = _claims(output, apart_from=lease._mine)
                alive = [claim for claim in others if claim.left > 0]
                if not alive and _now() <= lease._until:
                    lease._write(won=True)
                    for dead in others:
                        dead.path.unlink(missing_ok=True)
                    lease._renewing.start()
                    return lease
                lease._mine.unlink(missing_ok=True)
                if any(claim.won for claim in alive):
                    break
        except OSError as error:
            raise OutputError(f"output {output} cannot be leased ({reason(error)}); name another with --output") from None
        except BaseException:
            with contextlib.suppress(OSError):
                lease._mine.unlink(missing_ok=True)
            raise
        raise Locked(output, _told(alive[0]) if alive else "the store answers too slowly to say who")

    def check(self) -> None:
        """Makes sure that the lease has not run out.

        Raises:
            OutputError: it has; another run may work on the output by now.
        """
        if self._lost or _now() > self._until:
            raise OutputError(f"the lease of {self._output} ran out, since the store could not be reached in time; another run may have it")

    def fileno(self) -> None:
        """Nothing that another process could inherit: it holds the output while this process says so."""

    def release(self) -> None:
        """Lets go; doing it twice does no harm."""
        if self._released.is_set():
            return
        self._released.set()
        if self._renewing.is_alive():
            self._renewing.join()
        with contextlib.suppress(OSError):
            self._mine.unlink(missing_ok=True)

    def _write(self, *, won: bool) -> None:
        began = _now()
        told = {**Holder.this().told(), "seconds": self._seconds, "won": int(won)}  # of one length, whoever reads while it is rewritten
        self._mine.write_bytes(json.dumps(told).encode() + b"\n")
        self._until = began + self._seconds

    def _renew(self) -> None:
        while not self._released.wait(self._seconds / RENEWALS):
            before = self._until
            try:
                if _now() <= before:
                    self._write(won=True)
            except OSError as error:
                logger.warning("the lease of %s could not be renewed: %s", self._output, reason(error))
            if _now() > before:  # too late to be sure that nobody else has come
                self._lost = True
                with contextlib.suppress(OSError):
                    self._mine.unlink(missing_ok=True)
                return


def holder(output: StorePath) -> Holder | str | None:
    """Who holds an output in a store; "somebody" where that cannot be read, None where it is free.

    Raises:
        StoreFailed: the store cannot be asked.
    """
    alive = [claim for claim in _claims(output) if claim.left > 0]
    return alive[0].holder if alive else None


def _claims(output: StorePath, apart_from: StorePath | None = None) -> list[_Claim]:
    now = (apart_from.modified() if apart_from is not None else clock.now()).timestamp()  # who only asks has no claim to tell the time by

    def read(path: StorePath) -> _Claim | None:
        try:
            written, content = path.modified().timestamp(), path.read_bytes()
        except FileNotFoundError:  # withdrawn since it was listed
            return None
        except StoreFailed:
            if not path.exists():  # withdrawn between the two requests that reading it takes
                return None
            raise
        told = _parsed(content)
        term = told.get("seconds")
        seconds = float(term) if isinstance(term, (int, float)) else float(settings.GEMCRAWL_LEASE_SECONDS)
        return _Claim(path, told.get("won") != 0, told_by(content), written + seconds + SLACK - now)

    paths = [path for path in (output / LEASES).iterdir() if path != apart_from and path.name.endswith(".json")]
    found = ahead(output, read, paths)
    return sorted((claim for claim in found if claim is not None), key=lambda claim: not claim.won)


def _parsed(content: bytes) -> dict[str, Any]:
    try:
        told = json.loads(content)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _told(claim: _Claim) -> str:
    return f"{claim.holder} (if it is gone, its lease ends within {max(1, round(claim.left))} s)"
