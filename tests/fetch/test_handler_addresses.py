"""Where the download handler connects to: the rules of connect-to, and the addresses that are refused, over real sockets."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from scrapy.exceptions import CannotResolveHostError, UnsupportedURLSchemeError

from gemcrawl.exceptions import AddressRefused, UsageError
from tests.fetch.conftest import Open, fetch, with_url
from tests.support.world import World, redirect

MakeWorld = Callable[..., World]
Names = Callable[[Mapping[str, list[str]]], None]
A = "www.a.test"


class TestConnectTo:
    async def test_leaves_host_field_and_server_name_alone(self, world: World, open_handler: Open) -> None:
        handler = open_handler(world)
        await fetch(handler, f"https://{A}/")
        await fetch(handler, "http://www.b.test/")
        assert [asked.host for asked in world.log] == [A, "www.b.test"]
        assert world.server_names == [A]

    async def test_holds_for_addresses_too(self, world: World, open_handler: Open) -> None:
        rule = f"192.0.2.7:80:127.0.0.1:{world.port(A, 'http')}"
        assert (await fetch(open_handler(world, GEMCRAWL_CONNECT_TO=[rule]), "http://192.0.2.7/")).status == 404
        assert world.log[0].host == "192.0.2.7"

    async def test_to_a_name_looks_that_up(self, world: World, open_handler: Open, names: Names) -> None:
        names({"origin.invalid": ["127.0.0.1"]})
        rule = f"{A}:80:origin.invalid:{world.port(A, 'http')}"
        assert (await fetch(open_handler(world, GEMCRAWL_CONNECT_TO=[rule]), f"http://{A}/")).body == b"<h1>A</h1>"

    async def test_malformed_is_a_usage_error(self, open_handler: Open) -> None:
        with pytest.raises(UsageError, match="'x'"):
            open_handler(GEMCRAWL_CONNECT_TO=["x"])


class TestTheGuard:
    @pytest.mark.parametrize("scheme", ["http", "https"])
    async def test_refuses_loopback_unless_allowed(self, scheme: str, world: World, open_handler: Open) -> None:
        with pytest.raises(AddressRefused, match=r"127\.0\.0\.1"):
            await fetch(open_handler(world, GEMCRAWL_ALLOW_NET=[]), f"{scheme}://{A}/")
        assert world.log == []
        assert world.server_names == []

    @pytest.mark.parametrize(
        "host",
        [
            "127.0.0.1",
            "[::1]",
            "0.0.0.0",
            "10.0.0.1",
            "169.254.169.254",
            "[::ffff:127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[fe80::1]",
            "localhost",
        ],
    )
    async def test_refuses_literals(self, host: str, open_handler: Open) -> None:
        with pytest.raises(AddressRefused):
            await fetch(open_handler(), f"http://{host}/")

    @pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0x7f.1", "017700000001", "127.1", "127.0.1", "0"])
    async def test_is_not_fooled_by_other_notations(self, host: str, world: World, open_handler: Open) -> None:
        with pytest.raises((AddressRefused, UnsupportedURLSchemeError, CannotResolveHostError)):
            await open_handler(world, GEMCRAWL_ALLOW_NET=[]).download_request(with_url(f"http://{host}:{world.port(A, 'http')}/"))
        assert world.log == []

    async def test_refuses_names_that_lead_inside(self, world: World, open_handler: Open, names: Names) -> None:
        names({"rebound.invalid": ["127.0.0.1"], "metadata.invalid": ["169.254.169.254"], "both.invalid": ["::1", "10.0.0.1", "127.0.0.1"]})
        handler = open_handler()
        for name in ("rebound", "metadata", "both"):
            with pytest.raises(AddressRefused):
                await fetch(handler, f"http://{name}.invalid:{world.port(A, 'http')}/")
        assert world.log == []

    async def test_leaves_no_time_to_change_an_address_between_check_and_connection(
        self, world: World, open_handler: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[str] = []
        real = socket.getaddrinfo

        def rebinding(host: str, port: int, **options: Any) -> list[Any]:
            asked.append(host)
            return list(real("127.0.0.1" if len(asked) == 1 else "127.0.0.2", port, type=socket.SOCK_STREAM))

        monkeypatch.setattr(socket, "getaddrinfo", rebinding)
        rules = {"GEMCRAWL_CONNECT_TO": [], "GEMCRAWL_ALLOW_NET": ["127.0.0.1/32"]}
        first, second = open_handler(world, **rules), open_handler(world, **rules)
        url = f"http://rebound.invalid:{world.port(A, 'http')}/"
        assert (await fetch(first, url)).meta["address"] == "127.0.0.1"
        assert asked == ["rebound.invalid"], "the address is looked up once, and what is checked is what is connected to"
        with pytest.raises(AddressRefused, match=r"127\.0\.0\.2"):
            await fetch(second, url)

    async def test_passes_by_a_refused_address_beside_an_allowed_one(self, world: World, open_handler: Open, names: Names) -> None:
        names({A: ["::1", "10.0.0.1", "169.254.169.254", "127.0.0.1"]})
        handler = open_handler(world, GEMCRAWL_CONNECT_TO=[f"{A}:80::{world.port(A, 'http')}"])
        began = time.monotonic()
        for _ in range(4):  # the addresses take turns
            response = await fetch(handler, f"http://{A}/", headers={"Connection": "close"})
            assert response.meta["address"] == "127.0.0.1"
        assert time.monotonic() - began < 2

    async def test_refuses_where_a_redirect_leads(self, make_world: MakeWorld, open_handler: Open) -> None:
        world = make_world({A: {"/": redirect("http://169.254.169.254/latest/meta-data/", 302)}})
        handler = open_handler(world)
        target = (await fetch(handler, f"https://{A}/")).headers["Location"].decode()
        with pytest.raises(AddressRefused, match=r"169\.254\.169\.254"):
            await fetch(handler, target)

    async def test_a_malformed_network_is_a_usage_error(self, open_handler: Open) -> None:
        with pytest.raises(UsageError, match="--allow-net"):
            open_handler(GEMCRAWL_ALLOW_NET=["x"])
