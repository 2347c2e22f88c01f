"""What is logged, one record a line: as text or as JSON, and inert in either, whatever a site put into it."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scrapy.settings import Settings

LONGEST = 8_000
"""Characters of a message, and of a traceback, that are kept."""


def inert(text: str) -> str:
    """The text on one line, without anything that a terminal or a reader of lines would obey: control, format and invisible characters
    as escapes, and no more than `LONGEST` characters of it."""
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}... ({len(text)} characters)"
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class TextLines(logging.Formatter):
    """``2026-11-23T02:00:00Z WARNING gemcrawl.night: message``; a traceback follows on lines that begin with four blanks."""

    def format(self, record: logging.LogRecord) -> str:
        line = f"{_moment(record)} {record.levelname} {inert(record.name)}: {inert(_message(record))}"
        return "\n".join([line, *(f"    {inert(each)}" for each in _traceback(record).splitlines())])


class JsonLines(logging.Formatter):
    """One JSON object a line, in ASCII: ``time``, ``level``, ``logger``, ``message``, and ``traceback`` where there is one."""

    def format(self, record: logging.LogRecord) -> str:
        told = {"time": _moment(record), "level": record.levelname, "logger": record.name, "message": inert(_message(record))}
        if found := _traceback(record):
            told["traceback"] = "\n".join(map(inert, found.splitlines()))
        return json.dumps(told)


class LogFormat(StrEnum):
    """Values of ``--log-format`` and of the setting GEMCRAWL_LOG_FORMAT."""

    text = "text"
    json = "json"


_FORMATTERS: dict[str, type[logging.Formatter]] = {LogFormat.text: TextLines, LogFormat.json: JsonLines}


def install(settings: Settings) -> None:
    """Makes the root logger write as the settings LOG_FILE, LOG_LEVEL and GEMCRAWL_LOG_FORMAT say, in place of Scrapy's own handler, and
    switches that off.

    Raises:
        OSError: the file cannot be written.
    """
    file = settings.get("LOG_FILE")
    handler = logging.FileHandler(file, encoding="utf-8") if file else logging.StreamHandler(sys.stderr)
    handler.setFormatter(_FORMATTERS[settings.get("GEMCRAWL_LOG_FORMAT", "text")]())
    handler.setLevel(settings.get("LOG_LEVEL"))
    logging.root.setLevel(logging.NOTSET)
    logging.root.addHandler(handler)
    settings.set("LOG_INSTALL_ROOT_HANDLER", False, priority="cmdline")


def _moment(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except Exception as error:  # noqa: BLE001  a record that cannot be formatted is told as it is, rather than lost with a traceback
        return f"{record.msg} {record.args!r} ({type(error).__name__})"


def _traceback(record: logging.LogRecord) -> str:
    if record.exc_info and record.exc_info[0] is not None:
        text = "".join(traceback.format_exception(*record.exc_info))
    else:
        text = record.exc_text or ""
    return text[-LONGEST:]  # what happened stands at the end
