"""What the documents show is run: every query of docs/queries.md, and the notebook, cell by cell."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gemcrawl.snapshot.read import query
from gemcrawl.snapshot.rechecks import write
from tests.snapshot.rows import NIGHT
from tests.support.nights import RECHECK, SECOND, first_night, second_night, two_nights

DOCS = Path(__file__).resolve().parents[1] / "docs"
QUERIES = re.findall(r"```sql\n(.+?)```", (DOCS / "queries.md").read_text("utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The second night, with a fault in an appointment form that asks for a citizen service number, and a recheck."""
    output = two_nights(tmp_path_factory.mktemp("examples") / "output")
    write(output, NIGHT + timedelta(days=1, hours=5), [RECHECK])
    first_night(output)  # the same run again adds nothing
    return output


def test_there_are_examples() -> None:
    assert len(QUERIES) >= 9


@pytest.mark.parametrize("sql", QUERIES, ids=lambda sql: sql.split("FROM")[0][7:40])
def test_every_query_of_the_documents_is_answered(sql: str, output: Path) -> None:
    # Faults of the first night, so that there is something to find.
    assert query(output, sql.replace("latest.", "")).num_rows > 0
    query(output, sql)


def test_every_view_of_the_documents_exists_and_every_view_is_documented(output: Path) -> None:
    section = (DOCS / "queries.md").read_text("utf-8").split("## What can be asked")[1].split("The columns")[0]
    named = {name for cell in re.findall(r"^\| (`.+?) \|", section, re.MULTILINE) for name in re.findall(r"`([a-z_.]+)`", cell)}
    there = query(output, "SELECT table_schema, table_name FROM information_schema.tables").to_pylist()
    assert named == {f"{t['table_schema']}.{t['table_name']}".removeprefix("main.") for t in there}


@pytest.mark.parametrize("nights", [1, 2])
def test_the_notebook_runs_from_top_to_bottom(nights: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first_night(tmp_path)
    if nights == 2:
        second_night(tmp_path)
    book = json.loads((DOCS / "examples/morning.ipynb").read_text("utf-8"))
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in book["cells"]}) == len(book["cells"])
    variables: dict[str, Any] = {}
    for cell in book["cells"]:
        assert cell.get("outputs", []) == []
        if cell["cell_type"] == "code":
            source = "".join(cell["source"]).replace('Path("output/demo")', f"Path({str(tmp_path)!r})")
            exec(compile(source, cell["id"], "exec"), variables)
    shown = capsys.readouterr().out
    assert "https-2016" in shown
    assert ("'fixed': 1" in shown) == (nights == 2)
    assert SECOND in shown or nights == 1
