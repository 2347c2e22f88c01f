"""Rules of the house that a machine can check: politeness of every spider, and who may do and know what in the code."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest
from scrapy import Spider
from scrapy.settings import Settings
from scrapy.spiderloader import SpiderLoader

import gemcrawl
from gemcrawl import exceptions

PACKAGE = Path(gemcrawl.__file__).parent
MODULES = {path.relative_to(PACKAGE).as_posix(): path for path in sorted(PACKAGE.rglob("*.py"))}
WITHOUT_SCRAPY = ("forms/", "transport/", "survey/", "snapshot/")
LONGEST = 450


def project_settings() -> Settings:
    settings = Settings()
    settings.setmodule("gemcrawl.settings", priority="project")
    return settings


SPIDERS: dict[str, type[Spider]] = {
    name: SpiderLoader.from_settings(project_settings()).load(name) for name in SpiderLoader.from_settings(project_settings()).list()
}


def test_there_are_spiders_and_modules_to_check() -> None:
    assert "forms" in SPIDERS
    assert {"settings.py", "spiders/forms.py", "cli/app.py"} <= set(MODULES)


@pytest.mark.parametrize("name", SPIDERS)
def test_every_spider_is_polite(name: str) -> None:
    settings = project_settings()
    SPIDERS[name].update_settings(settings)
    assert settings.getfloat("DOWNLOAD_DELAY") >= 1.0
    assert settings.getint("CONCURRENT_REQUESTS_PER_DOMAIN") == 1
    assert re.fullmatch(r"gemcrawl/\S+ \(\+(https?://|mailto:)\S+\)", settings["USER_AGENT"])
    assert not settings.getbool("TELNETCONSOLE_ENABLED")
    assert not settings.getbool("REMOTE_CONTROL_ENABLED")
    for scheme in ("file", "ftp", "data", "s3"):
        assert settings.getdict("DOWNLOAD_HANDLERS")[scheme] is None
    assert settings.getint("DOWNLOAD_TIMEOUT") <= 30
    assert settings.getint("DOWNLOAD_MAXSIZE") <= 8 * 1024 * 1024


@pytest.mark.parametrize("name", SPIDERS)
def test_no_spider_has_settings_of_its_own_that_loosen_these(name: str) -> None:
    own = set(SPIDERS[name].custom_settings or {})
    protected = {"USER_AGENT", "DOWNLOAD_HANDLERS", "DOWNLOADER_MIDDLEWARES", "GEMCRAWL_ALLOW_NET", "DEFAULT_REQUEST_HEADERS"}
    assert not {n for n in own if n in protected or n.startswith(("DOWNLOAD_", "CONCURRENT_", "ROBOTSTXT_", "TELNET", "REMOTE_"))}


@pytest.mark.parametrize("name", SPIDERS)
def test_file_spider_and_class_share_one_name(name: str) -> None:
    assert SPIDERS[name].__module__ == f"gemcrawl.spiders.{name}"
    assert SPIDERS[name].__name__ == f"{name.title().replace('_', '')}Spider"


def _tree(name: str) -> ast.Module:
    return ast.parse(MODULES[name].read_text("utf-8"))


def _imports(name: str) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(_tree(name)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


@pytest.mark.parametrize("name", MODULES)
def test_the_environment_is_read_in_the_settings_only(name: str) -> None:
    reads = [n for n in ast.walk(_tree(name)) if isinstance(n, ast.Attribute) and n.attr in ("environ", "getenv", "environb")]
    assert bool(reads) == (name == "settings.py")
    assert not {"os.environ", "os.getenv"} & _imports(name)


@pytest.mark.parametrize("name", [n for n in MODULES if not n.startswith("cli/")])
def test_nothing_but_the_command_line_prints(name: str) -> None:
    calls = [n.func.id for n in ast.walk(_tree(name)) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
    assert not {"print", "input", "eval", "exec"} & set(calls)


@pytest.mark.parametrize("name", [n for n in MODULES if not n.startswith("demo/") and n != "cli/app.py"])
def test_nothing_knows_the_demo_nation(name: str) -> None:
    assert not {module for module in _imports(name) if module.startswith("gemcrawl.demo")}


@pytest.mark.parametrize("name", [n for n in MODULES if n.startswith(WITHOUT_SCRAPY)])
def test_reading_judging_exploring_and_writing_know_nothing_of_scrapy(name: str) -> None:
    assert not {module for module in _imports(name) if re.match(r"(scrapy|twisted)\b", module)}


@pytest.mark.parametrize("name", MODULES)
def test_modules_stay_small(name: str) -> None:
    assert len(MODULES[name].read_text("utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("name", MODULES)
def test_every_module_says_what_it_is_for(name: str) -> None:
    assert ast.get_docstring(_tree(name))


def test_every_exception_says_who_raises_it() -> None:
    own = [
        c for _, c in inspect.getmembers(exceptions, inspect.isclass) if issubclass(c, Exception) and c.__module__ == exceptions.__name__
    ]
    assert len(own) >= 5
    for found in own:
        assert found.__doc__
        assert issubclass(found, exceptions.GemcrawlError)
