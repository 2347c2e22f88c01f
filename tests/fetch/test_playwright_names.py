"""scrapy-playwright's own names that `gemcrawl.fetch.playwright` overrides or sets: when a release changes them, this says which."""

from __future__ import annotations

import dataclasses
import inspect
from importlib.metadata import requires, version

import pytest
from packaging.requirements import Requirement
from scrapy_playwright import handler
from scrapy_playwright.handler import Config, ScrapyPlaywrightDownloadHandler

from gemcrawl.fetch.playwright import PlaywrightHandler

OVERRIDDEN = {
    "_create_page": ["self", "request", "spider"],
    "_create_browser_context": ["self", "name", "context_kwargs", "spider"],
    "_download_request_with_page": ["self", "request", "page", "spider"],
    "_browser_disconnected_callback": ["self"],
    "download_request": ["self", "request"],
    "close": ["self"],
}
CALLED = {"_launch": ["self"], "_maybe_launch_browser": ["self"]}
SET = ("launch_options", "target_closed_max_retries", "navigation_timeout_ms")


@pytest.mark.parametrize(("name", "parameters"), {**OVERRIDDEN, **CALLED}.items())
def test_a_method_has_the_parameters_it_had(name: str, parameters: list[str]) -> None:
    found = list(inspect.signature(getattr(ScrapyPlaywrightDownloadHandler, name)).parameters)
    assert found == parameters, f"scrapy-playwright {version('scrapy-playwright')} changed {name}: look at gemcrawl/fetch/playwright.py"
    assert inspect.iscoroutinefunction(getattr(ScrapyPlaywrightDownloadHandler, name))


def test_nothing_else_of_it_is_overridden() -> None:
    methods = {name for name, value in vars(PlaywrightHandler).items() if inspect.isfunction(value) and name != "__init__"}
    ours = {name for name in methods if hasattr(ScrapyPlaywrightDownloadHandler, name)}
    assert ours == set(OVERRIDDEN)


@pytest.mark.parametrize(
    "name", ["_create_page", "_create_browser_context", "_download_request_with_page", "_browser_disconnected_callback"]
)
def test_what_is_overridden_is_still_what_it_calls(name: str) -> None:
    assert f"self.{name}" in inspect.getsource(ScrapyPlaywrightDownloadHandler)


def test_the_settings_that_are_set_are_there() -> None:
    assert set(SET) <= {field.name for field in dataclasses.fields(Config)}


def test_state_that_is_read_and_cleared_is_there() -> None:
    source = inspect.getsource(ScrapyPlaywrightDownloadHandler)
    assert "self.context_wrappers" in source
    assert 'hasattr(self, "browser")' in source
    assert hasattr(handler, "TargetClosedError")


@pytest.mark.parametrize("key", ["playwright_context", "playwright_context_kwargs", "playwright_page", "playwright_include_page"])
def test_it_reads_the_meta_that_is_given(key: str) -> None:
    assert f'"{key}"' in inspect.getsource(handler)


def test_the_release_is_pinned() -> None:
    (found,) = (r for r in map(Requirement, requires("gemcrawl") or ()) if r.name == "scrapy-playwright")
    assert str(found.specifier) == f"=={version('scrapy-playwright')}"
