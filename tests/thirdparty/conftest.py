"""Published software, set up once per machine; tests are skipped, with the reason, where that cannot be."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from tests.thirdparty import install

HERE = Path(__file__).parent
T = TypeVar("T")


@pytest.fixture(scope="session")
def open_forms_sdk() -> Path:
    """The folder of the published SDK of Open Forms."""
    return installed(install.bundles)["@open-formulieren/sdk"]


@pytest.fixture(scope="session")
def formio() -> Path:
    """The folder of the published renderer of Form.io."""
    return installed(install.bundles)["@formio/js"]


@pytest.fixture(scope="session")
def wagtail_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The loopback port of a running Wagtail site."""
    with running(installed(install.wagtail), tmp_path_factory.mktemp("wagtail")) as port:
        yield port


def installed(how: Callable[[], T]) -> T:
    try:
        return how()
    except install.CannotInstall as reason:
        pytest.skip(str(reason))


@contextmanager
def running(python: Path, folder: Path) -> Iterator[int]:
    command = [str(python), "-B", "-m", "wagtail_site.serve", str(folder)]
    with (
        (folder / "errors").open("w") as errors,
        subprocess.Popen(command, cwd=HERE, stdout=subprocess.PIPE, stderr=errors, text=True) as site,
    ):
        try:
            assert site.stdout is not None
            told = site.stdout.readline()
            assert told.strip().isdigit(), (folder / "errors").read_text()
            yield int(told)
        finally:
            site.terminate()
