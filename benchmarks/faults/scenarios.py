"""Each fault once: what is done to a night, and what has to be true of it afterwards."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.faults import nights
from benchmarks.faults.nights import EFFORT, TIMES, committed, differences, published, run, start, wait
from benchmarks.faults.server import Nation

DELAY = 0.005
"""As `Nation.options` has it; the rest before the second round is told in delays."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report."""

    what: str
    asked: str
    measured: str
    good: bool


@dataclass(slots=True)
class Stage:
    """Where scenarios play: a nation that is served, an undisturbed night of it, and room for more."""

    directory: Path
    nation: Nation
    size: int
    short: bool
    reference: Path = field(default_factory=Path)
    seconds: float = 0.0
    """What the undisturbed night took."""

    @classmethod
    def prepare(cls, directory: Path, nation: Nation, size: int, *, short: bool) -> Stage:
        stage = cls(directory, nation, size, short)
        night = run(stage.options("reference"))
        if night.code != 0:
            raise RuntimeError(f"the undisturbed night ended with {night.code}: {night.err[-2000:]}")
        (stage.reference,) = published(directory / "reference")
        stage.seconds = night.seconds
        return stage

    def options(self, name: str, *more: str, by_name: bool = False) -> list[str]:
        return [*self.nation.options(self.directory / name, by_name=by_name), "--no-render", *more]

    def lost(self, snapshot: Path) -> int:
        """Municipalities that have no row, or not exactly one."""
        there = nights.rows_per_municipality(snapshot)
        return len({*nights.rows_per_municipality(self.reference)} ^ {*there}) + sum(count != 1 for count in there.values())

    def same(self, snapshot: Path, *, effort: bool = False) -> str:
        """In how many rows a snapshot differs from the undisturbed one, times apart (and efforts, where the fault costs some)."""
        found = differences(self.reference, snapshot, without=TIMES if effort else TIMES | EFFORT)
        return ", ".join(f"{rows} rows of {table}" for table, rows in found.items()) or "equal"

    def judged(self, what: str, night: nights.Night, output: str) -> Figure:
        """One night after which all has to be as if nothing had been."""
        found = published(self.directory / output)
        if night.code != 0 or len(found) != 1:
            return Figure(
                what, "published, equal", f"exit code {night.code}, {len(found)} snapshots: {night.err.strip()[-300:]}", good=False
            )
        same, lost = self.same(found[0]), self.lost(found[0])
        if same != "equal":
            same += f" ({nights.changed_columns(self.reference, found[0])})"
        return Figure(what, "published, equal", f"{same}, {lost} lost, {night.seconds:.0f} s", good=same == "equal" and not lost)


def kills(stage: Stage) -> Iterator[Figure]:
    """kill -9 at random moments of a night and of the nights that take it up."""
    wanted = 3 if stage.short else 30
    dice = random.Random(20161)
    killed = nights_done = lost = unequal = again = codes = 0
    complaints: list[str] = []
    while killed < wanted:
        name = f"kills-{nights_done}"
        options, output = stage.options(name), stage.directory / name
        for _ in range(5):
            if killed >= wanted:
                break
            began = time.monotonic()
            process = start(options)
            try:
                process.wait(dice.uniform(0.3, stage.seconds))
            except subprocess.TimeoutExpired:
                process.kill()
                killed += 1
            code = wait(process, began).code
            if code == 0 or published(
                output
            ):  # killed after it had published, it left nothing to take up: the next one would be another night
                break
            if code != -signal.SIGKILL:
                complaints.append(f"exit code {code}")
        before = committed(output)
        if not published(output):
            night = run(options)
            codes += night.code != 0
            if night.code:
                complaints.append(night.err.strip()[-200:])
        found = published(output)
        again += len(found) != 1
        if found:
            lost += stage.lost(found[-1])
            same = stage.same(found[-1])
            unequal += same != "equal"
            if same != "equal":
                complaints.append(f"{same} (after {len(before)} parts): {nights.changed_columns(stage.reference, found[-1])}")
        nights_done += 1
        shutil.rmtree(output)
    said = f" ({'; '.join(complaints)})" if complaints else ""
    yield Figure(f"municipalities lost in {killed} kills over {nights_done} nights", "0", f"{lost}{said}", good=not lost and not codes)
    yield Figure("nights that differ from an undisturbed one after that", "0", f"{unequal}", good=not unequal)
    yield Figure("nights published twice or not at all", "0", f"{again}", good=not again)


def full_disk(stage: Stage) -> Iterator[Figure]:
    """ENOSPC at every call that claims room, of a run over three municipalities: it ends, and goes on when there is room."""
    codes = sorted(nights.rows_per_municipality(stage.reference))[:3]
    only = [word for code in codes for word in ("--only", code)]
    reference = run(stage.options("full-reference", *only), full_from=10**9)
    (undisturbed,) = published(stage.directory / "full-reference")
    match = re.search(r"disk calls: (\d+)", reference.err)
    assert match is not None, reference.err
    calls = int(match[1])
    tried = list(range(1, calls + 1)) if not stage.short else [calls // 3, calls - 1]
    bad: list[str] = []
    silent = 0
    for number in tried:
        name = f"full-{number}"
        options, output = stage.options(name, *only), stage.directory / name
        first = run(options, full_from=number)
        silent += first.code not in (0, 1, 2) or (first.code != 0 and "No space left" not in first.err)
        if first.code not in (0, 1, 2):
            bad.append(f"call {number}: exit code {first.code}: {first.err.strip()[-150:]}")
        second = run(options) if first.code else first
        found = published(output)
        left = differences(undisturbed, found[-1], without=TIMES | EFFORT) if found else {"all": 1}
        if second.code or len(found) != 1 or left:
            bad.append(f"call {number}: then exit code {second.code}, {len(found)} snapshots, {left}: {second.err.strip()[-150:]}")
        shutil.rmtree(output, ignore_errors=True)
    yield Figure(
        f"disk full from the n-th of {calls} calls that claim room, {len(tried)} of them tried",
        "all end with 1 or 2 and say why, and go on",
        "; ".join(bad) or f"{len(tried)} of {len(tried)}",
        good=not bad and not silent,
    )


@contextmanager
def _file_system(place: Path, *options: str) -> Iterator[bool]:
    """A file system in memory, of one's own; False where mounting is not permitted."""
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", ",".join(("size=64m", *options)), "gemcrawl-faults", place], capture_output=True, check=False
    )
    try:
        yield done.returncode == 0
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", place], check=True)


def real_disk(stage: Stage) -> Iterator[Figure]:
    """A real file system that fills up in the middle of a night, and one that is read-only."""
    place = stage.directory / "disk"
    with _file_system(place) as mounted:
        if not mounted:
            yield Figure("a real disk that fills up", "as above", "skipped: mounting is not permitted here", good=True)
            return
        began = time.monotonic()
        process = start(stage.options("disk"))
        while len(committed(place)) < 3 and process.poll() is None:
            time.sleep(0.01)
        with (place / "balloon").open("wb", buffering=0) as balloon:
            try:
                while True:
                    balloon.write(bytes(65536))
            except OSError:
                pass
        first = wait(process, began)
        kept = len(committed(place))
        (place / "balloon").unlink()
        told = "No space left" in first.err and "resume it" in first.err
        then = stage.judged("a real disk that fills up in the middle of a night, and is freed", run(stage.options("disk")), "disk")
        yield Figure(
            then.what,
            then.asked,
            f"exit code {first.code}, {kept} parts kept; then {then.measured}",
            good=then.good and first.code == 1 and told,
        )
    place = stage.directory / "readonly"
    with _file_system(place, "ro") as mounted:
        assert mounted
        night = run(stage.options("readonly"))
        yield Figure("an output that is read-only", "2, at once", f"{night.code}: {night.err.strip()[-60:]}", good=night.code == 2)


def clock(stage: Stage) -> Iterator[Figure]:
    """The machine's clock is set three hours back, and five forward, in the middle of a night."""
    what = "the clock set 3 h back and 5 h forward: times in order, budgets kept"
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        yield Figure(what, "equal, in order", "skipped: no C compiler", good=True)
        return
    library = stage.directory / "jumping_clock.so"
    source = Path(__file__).with_name("jumping_clock.c")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    began = time.monotonic()
    figure = stage.judged(what, wait(start(stage.options("clock"), env={"LD_PRELOAD": str(library)}), began), "clock")
    wrong = 0
    for snapshot in published(stage.directory / "clock"):
        rows = pq.read_table(snapshot / "municipalities.parquet", partitioning=None).to_pylist()
        spans = {row["code"]: (row["started_at"], row["finished_at"]) for row in rows}
        wrong += sum(not 0 <= (end - begin).total_seconds() < 600 for begin, end in spans.values())
        pages = pq.read_table(snapshot / "pages.parquet", partitioning=None).to_pylist()
        wrong += sum(not spans[page["municipality"]][0] <= page["fetched_at"] <= spans[page["municipality"]][1] for page in pages)
    yield Figure(what, "equal, in order", f"{figure.measured}; {wrong} times out of order", good=figure.good and not wrong)


def names(stage: Stage) -> Iterator[Figure]:
    """Names are not resolved for a while, and for a whole night."""
    gone = 4.0 if stage.short else 60.0
    settings = {"GEMCRAWL_SECOND_ROUND_PAUSE": (gone + 3) / DELAY}
    night = run(stage.options("names", by_name=True), dns_gone=[40, gone], settings=settings)
    same = stage.judged(f"no names for {gone:.0f} s in the middle of a night", night, "names")
    yield same
    night = run(stage.options("nameless", by_name=True), dns_gone=[1, 10**6])
    held = list((stage.directory / "nameless" / "suspect").glob("snapshot=*"))
    moved = (stage.directory / "nameless" / "latest.json").exists()
    good = night.code == 3 and len(held) == 1 and not moved and not stage.lost(held[0])
    yield Figure(
        "no names for a whole night", "3, suspect, latest.json unmoved", f"{night.code}, {len(held)} suspect, moved: {moved}", good=good
    )


def servers(stage: Stage) -> Iterator[Figure]:
    """Every server is killed in the middle of a night and comes back after some seconds."""
    down = 2.0 if stage.short else 15.0
    began = time.monotonic()
    settings = {"GEMCRAWL_SECOND_ROUND_PAUSE": (down + 3) / DELAY}
    process = start(stage.options("servers"), settings=settings)
    while len(committed(stage.directory / "servers")) < 5 and process.poll() is None:
        time.sleep(0.01)
    stage.nation.kill()
    time.sleep(down)
    stage.nation.start()
    yield stage.judged(f"every server killed, and back after {down:.0f} s", wait(process, began), "servers")


def _browsers(parent: int) -> list[int]:
    """Processes of a browser below a process."""
    parents: dict[int, int] = {}
    names: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                head, _, rest = (entry / "stat").read_text().rpartition(")")
            except OSError:
                continue
            names[int(entry.name)], parents[int(entry.name)] = head.partition("(")[2], int(rest.split()[1])

    def below(pid: int) -> bool:
        return pid in parents and (parents[pid] == parent or below(parents[pid]))

    return [pid for pid, name in names.items() if "chrom" in name.lower() and below(pid)]


def browser(directory: Path) -> Iterator[Figure]:
    """The browser is killed once it works, with all of its processes."""
    with Nation(directory / "browser-nation", 390) as nation:
        codes = nation.with_case("n_script_form", "o_phone_only")
        only = [word for code in codes for word in ("--only", code)]
        undisturbed = run([*nation.options(directory / "browser-reference"), *only])
        began = time.monotonic()
        process = start([*nation.options(directory / "browser"), *only])
        killed = 0
        while not killed and process.poll() is None:
            for pid in _browsers(process.pid):
                try:
                    os.kill(pid, signal.SIGKILL)
                    killed += 1
                except ProcessLookupError:
                    pass
            time.sleep(0.005)
        night = wait(process, began)
        what = f"the browser killed ({killed} processes), {len(codes)} municipalities"
        if undisturbed.code or night.code:
            yield Figure(what, "published, equal", f"exit codes {undisturbed.code}, {night.code}: {night.err.strip()[-300:]}", good=False)
            return
        one, other = published(directory / "browser-reference")[0], published(directory / "browser")[0]
        rendered = sum(pq.read_table(one / "municipalities.parquet", partitioning=None)["rendered"].to_pylist())
        found = differences(one, other, without=TIMES | EFFORT)
        missing = {*codes} ^ {*nights.rows_per_municipality(other)}
        said = ", ".join(f"{rows} rows of {table}" for table, rows in found.items()) or "equal"
        if found:
            said += f" ({nights.changed_columns(one, other)}; {nights.rendering(other)})"
        said += f", {len(missing)} lost, {rendered} pages rendered in the undisturbed night"
        yield Figure(what, "published, equal", said, good=not found and not missing and bool(killed))


SCENARIOS: tuple[Callable[[Stage], Iterator[Figure]], ...] = (kills, full_disk, real_disk, clock, names, servers)
