"""What ``gemcrawl doctor`` looks at on the machine itself: names, clock, disk, permissions, and how last night went."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from gemcrawl.exceptions import OutputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gemcrawl.places import Place

State = Literal["ok", "warning", "error"]

RESOLVE_SECONDS = 10.0
"""How long a name may take."""
NIGHTS_OF_ROOM = 10
"""Fewer nights than this that fit on the disk are a warning."""
OLD = timedelta(hours=36)
"""A night that ended longer ago means that one was missed; the alert of deploy/prometheus has the same number."""
_DRIFT = timedelta(days=3 * 365)
_RESOLV_CONF = "/etc/resolv.conf"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at; `remedy` is empty where all is well."""

    name: str
    state: State
    found: str
    remedy: str = ""


def names(hosts: Sequence[str], *, resolv_conf: str = _RESOLV_CONF) -> Check:
    """Whether names are resolved: which servers are asked, and, only for the hosts given, whether each has an address, and whether one
    that cannot exist has none."""
    try:
        with open(resolv_conf, encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            servers = [words[1] for line in file if len(words := line.split()) > 1 and words[0] == "nameserver"]
    except OSError:
        servers = []
    asked = f"asks {ascii(', '.join(servers))[1:-1]}" if servers else f"no server in {resolv_conf}"
    if not hosts:
        state: State = "ok" if servers else "warning"
        return Check("names", state, f"{asked}; no name was tried", "" if servers else "Name one that you may ask for with --resolve HOST.")
    silent = [host for host in hosts if not _addresses(host)]
    if silent:
        return Check("names", "error", f"{asked}; no address for {', '.join(map(ascii, silent))}", "Is the network up, and the resolver?")
    if _addresses("does-not-exist.invalid"):
        return Check(
            "names",
            "warning",
            f"{asked}; it has an address even for names that cannot exist (RFC 6761, .invalid)",
            "Use another resolver: with this one a host that is gone looks like one that answers something else.",
        )
    return Check("names", "ok", f"{asked}; an address for {', '.join(map(ascii, hosts))}")


def _addresses(host: str) -> list[str]:
    pool = ThreadPoolExecutor(1)
    try:
        found = pool.submit(socket.getaddrinfo, host, 443, type=socket.SOCK_STREAM).result(RESOLVE_SECONDS)
        return [str(address[4][0]) for address in found]
    except (OSError, UnicodeError, TimeoutError):
        return []
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def clock(output: Place, *, now: datetime | None = None) -> Check:
    """Whether the time of day can be true, which certificates are judged by, and whether the clock that budgets use goes on."""
    from gemcrawl.snapshot.read import snapshots
    from gemcrawl.transport.preload import LIST_DATE

    now = now or datetime.now(UTC)
    before = time.monotonic()
    time.sleep(0.01)
    if time.monotonic() <= before:
        return Check("clock", "error", "the monotonic clock stands still", "Budgets could not end anything: use another machine.")
    told = f"{now:%Y-%m-%d %H:%M:%S} UTC"
    remedy = "Set it, and keep it by NTP (timedatectl set-ntp true): dates of certificates are judged by it."
    if now.date() < LIST_DATE:
        return Check("clock", "error", f"{told}, before what is packaged here was made ({LIST_DATE})", remedy)
    if now.date() > LIST_DATE + _DRIFT:
        return Check("clock", "warning", f"{told}, years after what is packaged here was made ({LIST_DATE})", remedy)
    newest = [datetime.strptime(path.name, "snapshot=%Y-%m-%dT%H%M%SZ").replace(tzinfo=UTC) for path in snapshots(output)[-1:]]
    if newest and newest[0] > now:
        return Check("clock", "warning", f"{told}, before the newest snapshot ({newest[0]:%Y-%m-%d %H:%M:%S})", remedy)
    return Check("clock", "ok", told)


def disk(output: Path) -> Check:
    """Whether the next nights fit."""
    from gemcrawl.snapshot.read import snapshots

    try:
        usage = shutil.disk_usage(output)
        inodes = os.statvfs(output)
        night = sum(file.stat().st_size for path in snapshots(output)[-1:] for file in (output / path.name).rglob("*"))
    except OSError as error:
        return Check("disk", "warning", f"cannot be looked at ({error.strerror})")
    found = f"{usage.free // 1024**2} MB left" + (f", {usage.free // (2 * night)} nights" if night else "")
    remedy = "gemcrawl prune --keep 30 --keep-monthly 24 says what could go."
    # A night is there twice while it is published: its parts, and the tables made of them.
    if night and usage.free < 2 * night * NIGHTS_OF_ROOM:
        return Check("disk", "warning", f"{found}: the newest snapshot has {night / 1024**2:.1f} MB, and its parts as much", remedy)
    if inodes.f_files and inodes.f_favail < 10_000:
        return Check("disk", "warning", f"{found}, but only {inodes.f_favail} files more", remedy)
    return Check("disk", "ok", found)


def permissions(output: Path) -> Check:
    """Whether what is in the output can be replaced by this user, and by no other."""
    user = os.geteuid()
    try:
        facts = [(path, path.lstat()) for path in (output, *output.iterdir())]
    except OSError as error:
        return Check("permissions", "warning", f"cannot be looked at ({error.strerror})")
    if user != 0 and (strange := [path for path, fact in facts if fact.st_uid != user]):
        return Check(
            "permissions",
            "error",
            f"{str(strange[0])!a} belongs to another user",
            f"chown -R {user} {str(output)!a}, once, as root.",
        )
    if open_to_all := [path for path, fact in facts if fact.st_mode & stat.S_IWOTH and not stat.S_ISLNK(fact.st_mode)]:
        return Check("permissions", "warning", f"anybody may write to {str(open_to_all[0])!a}", "chmod -R o-w on the output.")
    if user == 0:
        return Check(
            "permissions",
            "warning",
            "running as root: the browser runs without its own sandbox",
            "Run as a user of its own, as deploy/systemd does.",
        )
    return Check("permissions", "ok", f"all of it belongs to user {user}")


def last_night(output: Place, *, now: datetime | None = None) -> Check:
    """How old the newest snapshot is, and whether a later night is suspect or unfinished."""
    from gemcrawl.snapshot.gate import told_of
    from gemcrawl.snapshot.publish import SUSPECT
    from gemcrawl.snapshot.read import latest, snapshots
    from gemcrawl.snapshot.runs import unfinished

    now = now or datetime.now(UTC)
    try:
        newest = latest(output)
    except OutputError:
        newest = None
    name = newest.name if newest else ""
    if suspect := [path for path in snapshots(output / SUSPECT) if path.name > name]:
        return Check(
            "last night", "warning", f"held back: {str(suspect[-1])!a}", 'docs/operations.md, "The quality gate", says what to do.'
        )
    if left := [run for run in unfinished(output) if f"snapshot={run.run_id}" > name]:
        return Check("last night", "warning", f"run {left[-1].run_id!a} is unfinished", "Start the same command again, or --resume.")
    if newest is None:
        return Check("last night", "ok", "none yet")
    about = told_of(newest) or {}
    try:
        ended = datetime.fromisoformat(str(about["finished"]))
        missing = int(about.get("missing", {}).get("municipalities", 0))  # not told by the first nights
        found = f"{name.removeprefix('snapshot=')}, ended {ended:%Y-%m-%d %H:%M} UTC"
    except (AttributeError, KeyError, TypeError, ValueError):
        return Check("last night", "warning", f"{name}: its descriptor cannot be read")
    if now - ended > OLD:
        return Check("last night", "warning", f"{found}, more than {OLD // timedelta(hours=1)} hours ago", "Does the schedule still run?")
    if missing:
        return Check("last night", "warning", f"{found}; {missing} municipalities have no survey of their own")
    return Check("last night", "ok", found)
