"""Fixtures for all tests: nothing leaves this machine, and a small web of one's own to crawl."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from gemcrawl.places import StorePath
from tests.support import loopback
from tests.support.authority import Authority
from tests.support.store import Store, StoreServer
from tests.support.world import World

loopback.install()


@pytest.fixture(autouse=True)
def _stay_on_loopback() -> Iterator[None]:
    loopback.offences.clear()
    yield
    offences = list(loopback.offences)
    if offences:
        pytest.fail(f"this test tried to leave the machine: {offences}")


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A private certificate authority; see `tests.support.authority`."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def make_world(authority: Authority) -> Iterator[Callable[..., World]]:
    """Starts worlds (arguments as `World`, without the authority) that end with the test."""
    with ExitStack() as stack:

        def make(hosts: Any, **options: Any) -> World:
            return stack.enter_context(World(hosts, authority, **options))

        yield make


@pytest.fixture(scope="session")
def store_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreServer]:
    """A server that speaks S3; see `tests.support.store`."""
    with StoreServer(tmp_path_factory.mktemp("store") / "server.log") as server:
        yield server


@pytest.fixture
def store(store_server: StoreServer) -> Store:
    """An empty place in an object store."""
    return store_server.bucket()


@pytest.fixture(params=["directory", "store"])
def output(request: pytest.FixtureRequest, tmp_path: Path) -> Path | StorePath:
    """An empty output of each kind."""
    if request.param == "directory":
        return tmp_path
    found: Store = request.getfixturevalue("store")
    return found.place
