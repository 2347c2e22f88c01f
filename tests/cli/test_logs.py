"""Logs: one record a line whatever is logged, and nothing that a terminal would obey."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemcrawl.cli import logs
from tests.cli.program import run

HOSTILE = "a\x1b]0;bezeten\x07\r\n2026-11-23T02:00:00Z ERROR forged: \u202eline\u2028\x85\x9b2J"


def record(message: Any, *arguments: Any, error: BaseException | None = None) -> logging.LogRecord:
    about = (type(error), error, error.__traceback__) if error is not None else None
    return logging.LogRecord("gemcrawl.test", logging.WARNING, __file__, 1, message, arguments, about)


def test_a_text_line_says_when_how_bad_where_and_what() -> None:
    assert logs.TextLines().format(record("%s is slow", "GM9001")).endswith("Z WARNING gemcrawl.test: GM9001 is slow")


@given(st.text(max_size=200))
def test_one_record_is_one_printable_line_of_text(text: str) -> None:
    line = logs.TextLines().format(record("%s", text))
    assert line.isprintable()
    assert line.splitlines() == [line]


@given(st.text(max_size=200))
def test_one_record_is_one_json_object_of_ascii(text: str) -> None:
    line = logs.JsonLines().format(record("%s", text))
    assert line.isascii()
    assert line.splitlines() == [line]
    told = json.loads(line)
    assert set(told) == {"time", "level", "logger", "message"}
    assert told["message"].isprintable()


def test_no_line_can_be_forged_by_what_a_site_sends_nor_by_an_error_that_quotes_it() -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the message is what the test is about
        int(HOSTILE)
    error = ValueError(f"{caught.value}: {HOSTILE}")
    text = logs.TextLines().format(record("quoted", error=error))
    told = json.loads(logs.JsonLines().format(record("quoted", error=error)))
    first, *others = text.split("\n")
    assert first.endswith("quoted")
    assert others
    assert all(line.startswith("    ") and line.isprintable() for line in others)
    assert told["traceback"].replace("\n", "").isprintable()
    assert "ValueError" in told["traceback"]


def test_a_message_is_cut_and_one_that_does_not_fit_its_arguments_is_kept() -> None:
    assert len(logs.TextLines().format(record("%s", "x" * 100_000))) < logs.LONGEST + 100
    assert "%d pages" in logs.TextLines().format(record("%d pages", "many"))


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_run_logs_in_the_format_asked_for(tmp_path: Path, log_format: str) -> None:
    (tmp_path / "r.csv").write_text("code,name,province,website\nGM9001,Aa,Utrecht,www.aa.invalid\n")
    options = ["--registry", "r.csv", "--delay", "0.01", "--log-level", "INFO", "--log-file", "log", "--log-format", log_format]
    connect = [
        "--connect-to",
        "www.aa.invalid:443:127.0.0.1:9",
        "--connect-to",
        "www.aa.invalid:80:127.0.0.1:9",
        "--allow-net",
        "127.0.0.0/8",
    ]
    ended = run("crawl", *options, *connect, "--no-render", cwd=tmp_path)
    assert ended.code == 0, ended.err
    lines = (tmp_path / "log").read_text("utf-8").splitlines()
    assert len(lines) > 3
    if log_format == "json":
        assert {"scrapy.core.engine", "gemcrawl"} & {json.loads(line)["logger"].split(".forms")[0] for line in lines}
    else:
        assert all(" INFO " in line or " WARNING " in line for line in lines if not line.startswith("    "))


def test_the_handler_is_the_only_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from scrapy.settings import Settings

    monkeypatch.setattr(logging.root, "handlers", [])
    monkeypatch.setattr(logging.root, "level", logging.root.level)
    settings = Settings({"GEMCRAWL_LOG_FORMAT": "json", "LOG_LEVEL": "ERROR"})
    logs.install(settings)
    (handler,) = logging.root.handlers
    assert isinstance(handler, logging.StreamHandler)
    assert handler.stream is sys.stderr
    assert handler.level == logging.ERROR
    assert not settings.getbool("LOG_INSTALL_ROOT_HANDLER")
