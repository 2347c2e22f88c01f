"""The program as users start it: processes of their own, kept on loopback, that leave an exit code, output and files behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.world import World

CHECKOUT = Path(__file__).resolve().parents[2]
_LIMIT = "import resource as r, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); r.setrlimit(r.RLIMIT_FSIZE, ({0}, {0})); "
_START = "import gemcrawl.settings as s; vars(s).update({{'GEMCRAWL_PROBE_SPACING': 0.001, **{0!r}}}); from tests.support import loopback; loopback.install(); from gemcrawl.cli import main; main()"
_SCRAPY = "from tests.support import loopback; loopback.install(); from scrapy.cmdline import execute; execute()"


@dataclass(frozen=True)
class Ended:
    """What a process left."""

    code: int
    out: str
    err: str


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a child: the checkout importable, a terminal of known width, nothing of gemcrawl's own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GEMCRAWL_", "SCRAPY_"))}
    return {**kept, "PYTHONPATH": str(CHECKOUT), "COLUMNS": "200", **(more or {})}


def start(
    *arguments: str | Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    scrapy: bool = False,
    limit: int = 0,
    settings: Mapping[str, Any] | None = None,
) -> subprocess.Popen[str]:
    """Starts ``gemcrawl``, or ``scrapy``, with these arguments.

    Args:
        limit: the largest file it may write, in bytes.
        settings: of gemcrawl (not of scrapy), in place of those in `gemcrawl.settings`.
    """
    bound = _LIMIT.format(limit) if limit else ""
    command = [sys.executable, "-c", bound + (_SCRAPY if scrapy else _START.format(dict(settings or {}))), *map(str, arguments)]
    return subprocess.Popen(command, cwd=cwd, env=environment(env), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process: subprocess.Popen[str], timeout: float = 60) -> Ended:
    """Waits for a process."""
    with process:
        try:
            out, err = process.communicate(timeout=timeout)
        except BaseException:
            process.kill()
            raise
    return Ended(process.returncode, out, err)


def run(*arguments: str | Path, cwd: Path, **how: Any) -> Ended:
    """Starts (arguments as `start`), and waits."""
    return ended(start(*arguments, cwd=cwd, **how))


def options(world: World, registry: Path, output: Path, *, delay: float = 0.01) -> list[str]:
    """Options of ``gemcrawl crawl`` that lead to a world."""
    found = ["--registry", str(registry), "--output", str(output), "--delay", str(delay), "--ca-file", str(world.ca_file)]
    found += ["--allow-net", "127.0.0.0/8"]
    for rule in world.connect_to:
        found += ["--connect-to", rule]
    return found


def files(folder: Path) -> set[str]:
    """Everything below a directory."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


class Forks:
    """Runs many commands without paying for the imports each time: a process that has imported everything forks one child per command."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    @classmethod
    @contextmanager
    def open(cls) -> Iterator[Forks]:
        command = [sys.executable, "-m", "tests.cli.program"]
        with subprocess.Popen(
            command, cwd=CHECKOUT, env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            yield cls(process)
            assert process.stdin is not None
            process.stdin.close()

    def run(self, *arguments: str | Path, cwd: Path) -> Ended:
        """One ``gemcrawl`` command in a child of its own, for commands that start no crawl."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"arguments": [str(a) for a in arguments], "cwd": str(cwd)}) + "\n")
        self._process.stdin.flush()
        told = json.loads(self._process.stdout.readline())
        return Ended(told["code"], told["out"], told["err"])


def _child(asked: Mapping[str, Any], out: int, err: int) -> None:
    from gemcrawl.cli import main

    os.dup2(out, 1)
    os.dup2(err, 2)
    os.chdir(asked["cwd"])
    sys.argv = ["gemcrawl", *asked["arguments"]]
    code = 70
    try:
        main()
        code = 0
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 0 if leaving.code is None else 1
    except Exception:  # noqa: BLE001 -- told, as the interpreter would
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _serve() -> None:
    import tempfile

    import gemcrawl.fetch.handler
    import gemcrawl.pipelines.snapshot
    import gemcrawl.pipelines.transport
    import gemcrawl.spiders.forms  # noqa: F401
    from tests.support import loopback

    loopback.install()
    for line in sys.stdin:
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            if (pid := os.fork()) == 0:
                _child(json.loads(line), out.fileno(), err.fileno())
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            texts = []
            for file in (out, err):
                file.seek(0)
                texts.append(file.read().decode("utf-8", "replace"))
            sys.stdout.write(json.dumps({"code": code, "out": texts[0], "err": texts[1]}) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    _serve()
