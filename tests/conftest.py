"""Fixtures for all tests: nothing leaves this machine, and a small web of one's own to crawl."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from gemcrawl.places import StorePath
from tests.support import loopback
from tests.support.authority import Authority
from tests.support.store import SERVERS, Store, StoreServer
from tests.support.world import World

loopback.install()
settings.register_profile("gemcrawl", deadline=None)  # no test of ours is about the clock of this machine
settings.load_profile("gemcrawl")
STORES = ["s3", "gs", pytest.param("az", marks=pytest.mark.azure)]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of the whole program, which take longest, come before those of its rooms: at the end they would leave all processors but one idle."""
    items.sort(key=lambda item: item.path.parent != Path(__file__).parent)


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
def start_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], StoreServer]]:
    """Starts the server of a scheme, or has it already; see `tests.support.store`."""
    with ExitStack() as stack:

        @cache
        def start(scheme: str) -> StoreServer:
            return stack.enter_context(SERVERS[scheme](tmp_path_factory.mktemp(scheme) / "server.log"))

        yield start


@pytest.fixture(scope="session", params=STORES)
def store_server(request: pytest.FixtureRequest, start_store: Callable[[str], StoreServer]) -> StoreServer:
    """A server of each kind of store."""
    return start_store(request.param)


@pytest.fixture(scope="session")
def amazon(start_store: Callable[[str], StoreServer]) -> StoreServer:
    """A server that speaks S3."""
    return start_store("s3")


@pytest.fixture
def store(store_server: StoreServer) -> Store:
    """An empty place in each kind of store."""
    return store_server.bucket()


@pytest.fixture(params=["directory", *STORES])
def output(request: pytest.FixtureRequest, tmp_path: Path, start_store: Callable[[str], StoreServer]) -> Path | StorePath:
    """An empty output of each kind."""
    return tmp_path if request.param == "directory" else start_store(request.param).bucket().place
