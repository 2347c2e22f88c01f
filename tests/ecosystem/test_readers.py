"""What the documents show for each tool is run on published nights, and all of them see the same nested rows."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.nights import AA, BEE, CEE, FIRST, SECOND, two_nights
from tests.thirdparty import install
from tests.thirdparty.conftest import installed

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/export.md").read_text("utf-8")
BLOCKS = dict(re.findall(r"^(DuckDB|Polars|pandas|PyArrow|PySpark)[^\n]*:\n\n```python\n(.+?)```", PAGE, re.DOTALL | re.MULTILINE))
FINDINGS = {
    (FIRST, AA, "appointment", "page_http"),
    (FIRST, BEE, "contact", "hsts_short"),
    (FIRST, CEE, "appointment", "http_twin"),
    (SECOND, BEE, "contact", "action_http"),
    (SECOND, CEE, "appointment", "http_twin"),
}


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two published nights, and beside them what a run that is under way or was held back leaves."""
    output = two_nights(tmp_path_factory.mktemp("readers") / "output")
    for place in ("runs/r9/parts/GM9009", "suspect/snapshot=2026-11-25T020000Z"):
        shutil.copytree(output / f"snapshot={FIRST}", output / place)
    return output


def test_every_tool_has_its_lines() -> None:
    assert set(BLOCKS) == {"DuckDB", "Polars", "pandas", "PyArrow", "PySpark"}


@pytest.mark.parametrize("tool", ["DuckDB", "Polars", "pandas", "PyArrow"])
def test_the_findings_of_every_night_are_read(tool: str, output: Path) -> None:
    names: dict[str, Any] = {"output": output}
    exec(compile(BLOCKS[tool], f"docs/export.md, {tool}", "exec"), names)
    assert sorted(tuple(row) for row in names["findings"]) == sorted(FINDINGS)


@pytest.mark.parametrize("tool", ["DuckDB", "Polars", "pandas", "PyArrow"])
def test_the_kept_night_of_the_first_schema_is_read_too(tool: str) -> None:
    names: dict[str, Any] = {"output": ROOT / "tests/snapshot/first_schema"}
    exec(compile(BLOCKS[tool], f"docs/export.md, {tool}", "exec"), names)
    assert sorted(row[3] for row in names["findings"]) == ["hsts_short", "page_http"]


@pytest.mark.spark
@pytest.mark.timeout(1500)
def test_spark_reads_the_findings_of_every_night(output: Path, tmp_path: Path) -> None:
    if shutil.which("java") is None:
        pytest.skip("PySpark needs Java 17 or newer; there is no java on PATH")
    python = installed(lambda: install.environment(Path(__file__).parent / "spark.txt", seconds=1200))
    script = f"output = {str(output)!r}\n{BLOCKS['PySpark']}\nprint('FINDINGS', sorted(findings))\nspark.stop()\n"
    (tmp_path / "script.py").write_text(script)
    loopback = {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_DIRS": str(tmp_path), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    ran = subprocess.run([str(python), "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False, env=loopback)
    assert ran.returncode == 0, ran.stderr[-2000:]
    assert f"FINDINGS {sorted(FINDINGS)}" in ran.stdout


def test_the_question_for_sqlite_is_answered(output: Path, tmp_path: Path) -> None:
    import sqlite3
    from contextlib import closing

    from gemcrawl.export.database import write_sqlite
    from gemcrawl.export.tables import Snapshot

    snapshot = Snapshot.open(output / f"snapshot={FIRST}")
    write_sqlite(snapshot, snapshot.tables, tmp_path / "x", lambda _: None)
    (sql,) = re.findall(r"```sql\n(.+?)```", PAGE, re.DOTALL)
    with closing(sqlite3.connect(tmp_path / "x")) as database:
        assert database.execute(sql).fetchall() == [("hsts_short", 1), ("http_twin", 1), ("page_http", 1)]


def test_the_publishers_file_of_the_page_is_the_example() -> None:
    (shown,) = re.findall(r"```toml\n(.+?)```", PAGE, re.DOTALL)
    assert shown == (ROOT / "docs/examples/portal.toml").read_text("utf-8")
