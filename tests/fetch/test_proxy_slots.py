"""The guard proxy: its budgets, its slots, and what a header may look like."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import pytest

from gemcrawl.fetch.rendered import BrowserRequest
from gemcrawl.items import Reason
from tests.fetch.conftest import Open
from tests.fetch.proxied import FETCH, NAVIGATE, A, Client, Start
from tests.support.authority import Authority
from tests.support.hostile import Attacker
from tests.support.world import Reply, World


class TestBudgets:
    async def test_of_requests(self, start: Start) -> None:
        bench = await start(budget={"max_requests": 2})
        client = await bench.client()
        assert [(await client.ask(headers=FETCH)).status for _ in range(3)] == [200, 200, 503]
        assert [r.stopped for r in bench.slot.end()[0]] == ["", "", "budget"]
        assert len(bench.world.log) == 2

    async def test_of_bytes_announced(self, start: Start) -> None:
        bench = await start(budget={"max_bytes": 1000})
        assert (await (await bench.client()).ask("/1mib")).status == 503
        (request,), size = bench.slot.end()
        assert (request.stopped, request.status, size) == ("budget", 200, 0)

    async def test_of_bytes_that_keep_coming(self, start: Start) -> None:
        bench = await start(budget={"max_bytes": 10})
        answer = await (await bench.client()).ask("/slow-drip")
        assert not answer.whole
        (request,), size = bench.slot.end()
        assert (request.stopped, size) == ("budget", 11)

    async def test_of_one_answer(self, start: Start) -> None:
        bench = await start(max_size=4 * 1024 * 1024)
        assert (await (await bench.client()).ask("/big")).status == 503
        assert bench.only().stopped == "budget"

    async def test_of_one_answer_unpacked(self, start: Start) -> None:
        bench = await start(max_size=4 * 1024 * 1024)
        assert not (await (await bench.client()).ask("/bomb")).whole
        assert bench.only().stopped == "budget"

    async def test_codings_that_cannot_be_measured_are_not_passed_on(self, start: Start) -> None:
        bench = await start()
        assert (await (await bench.client()).ask("/br")).status == 502

    @pytest.mark.parametrize("attack", ["header-flood", "many-headers", "informational"])
    async def test_of_a_header_section(
        self, attack: str, start: Start, authority: Authority, open_handler: Open, caplog: pytest.LogCaptureFixture
    ) -> None:
        with Attacker(authority.leaf(A).server_context()) as attacker:
            bench = await start()
            rules = [f"{A}:443:127.0.0.1:{attacker.tls_port}"]
            bench.proxy.exchange = open_handler(bench.world, GEMCRAWL_CONNECT_TO=rules).exchange
            assert (await (await bench.client()).ask(f"/{attack}")).status == 503
        assert bench.only().stopped == "budget"
        assert "Error handling request" not in caplog.text

    @pytest.mark.parametrize("path", ["/hang", "/slow-drip"])
    async def test_of_time(self, start: Start, path: str) -> None:
        bench = await start(seconds=0.4)
        answer = await asyncio.wait_for((await bench.client()).ask(path), 5)
        assert answer.status == 502 or not answer.whole
        assert bench.only().stopped == "failed"

    async def test_six_at_a_time_at_one_host(self, start: Start) -> None:
        bench = await start()
        clients = [await bench.client() for _ in range(9)]
        asking = [asyncio.create_task(client.ask("/hang")) for client in clients]
        await asyncio.sleep(0.5)
        assert len(bench.world.log) == 6
        bench.slot.end()
        await asyncio.gather(*asking, return_exceptions=True)
        assert len(bench.world.log) == 6

    async def test_the_log_has_an_end(self, start: Start) -> None:
        bench = await start()
        client = await bench.client()
        for _ in range(1005):
            await client.ask("/", "PUT", FETCH)
        assert len(bench.slot.end()[0]) == 1000


class TestSlots:
    async def test_it_says_while_a_form_may_be_on_its_way(self, start: Start, make_world: Callable[..., World]) -> None:
        bench = await start(world=make_world({A: {"/form.json": Reply("{}", delay=0.6), "/logo.png": Reply("x", delay=0.6)}}))
        said = []
        for path, destination in (("/form.json", "empty"), ("/logo.png", "image")):
            asking = asyncio.ensure_future((await bench.client()).ask(path, headers={"Sec-Fetch-Dest": destination}))
            await asyncio.sleep(0.3)
            said.append(bench.slot.awaited)
            await asking
            said.append(bench.slot.awaited)
        assert said == [True, False, False, False]

    async def test_before_a_page_and_after_it_everything_is_refused(self, start: Start) -> None:
        bench = await start()
        first = await bench.client()
        assert (await first.ask()).status == 200
        bench.slot.end()
        assert (await first.ask()).status == 503
        assert await first.ended()
        assert (await (await bench.client()).ask()).status == 503
        assert bench.slot.end() == ((), 0)
        bench.slot.begin(bench.allowed)
        assert (await (await bench.client()).ask()).status == 200
        assert len(bench.slot.end()[0]) == 1
        assert len(bench.world.log) == 2

    async def test_a_connection_without_a_request_is_kept_for_the_next_page(self, start: Start) -> None:
        bench = await start()
        client = await bench.client()
        await client.ask("/one")
        bench.slot.end()
        bench.slot.begin(bench.allowed)
        await client.ask("/two")
        assert [r.url for r in bench.slot.end()[0]] == [f"https://{A}/two"]

    async def test_no_connection_outlives_its_browser_context(self, start: Start) -> None:
        bench = await start()
        client = await bench.client()
        await client.ask()
        bench.slot.end()
        bench.slot.hang_up()
        assert await asyncio.wait_for(client.ended(), 2)

    async def test_the_end_breaks_off_what_is_under_way(self, start: Start) -> None:
        bench = await start()
        client = await bench.client()
        asking = asyncio.create_task(client.ask("/hang"))
        await asyncio.sleep(0.3)
        assert bench.only() == BrowserRequest(f"https://{A}/hang", "GET", "other", "failed", 0)
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await asyncio.wait_for(asking, 2)

    async def test_a_question_about_robots_that_comes_too_late_lets_nothing_out(self, start: Start) -> None:
        bench = await start()
        bench.slot.end()
        answered = asyncio.Event()

        async def slowly(_: str) -> Reason | None:
            await answered.wait()
            return None

        bench.slot.begin(slowly)
        client = await bench.client()
        asking = asyncio.create_task(client.ask(headers=NAVIGATE))
        await asyncio.sleep(0.2)
        answered.set()
        bench.slot.end()
        await asyncio.gather(asking, return_exceptions=True)
        await asyncio.sleep(0.2)
        assert bench.world.log == []

    async def test_one_page_at_a_time(self, start: Start) -> None:
        bench = await start()
        with pytest.raises(RuntimeError, match="another page"):
            bench.slot.begin(bench.allowed)

    async def test_slots_do_not_mix(self, start: Start) -> None:
        bench = await start()
        other = await bench.proxy.open()
        other.begin(bench.allowed)
        await (await bench.client()).ask("/one")
        client = await Client.through(other, bench.proxy)
        await client.ask("/two")
        client.writer.close()
        assert [r.url for r in bench.slot.end()[0]] == [f"https://{A}/one"]
        assert [r.url for r in other.end()[0]] == [f"https://{A}/two"]

    async def test_the_port_for_all_else_refuses(self, start: Start) -> None:
        bench = await start()
        reader, writer = await asyncio.open_connection("127.0.0.1", bench.proxy.refuse_port)
        answer = await Client(reader, writer).ask(f"http://{A}/")
        writer.close()
        assert (answer.status, bench.world.log) == (503, [])

    async def test_closing_twice_does_no_harm_and_frees_the_port(self, start: Start) -> None:
        bench = await start()
        await bench.proxy.close()
        await bench.proxy.close()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", bench.slot.port)
        with pytest.raises(RuntimeError, match="not started"):
            _ = bench.proxy.refuse_port


class TestHeads:
    @pytest.mark.parametrize(
        "line",
        [
            "CONNECT www.a.test HTTP/1.1",
            "CONNECT /:443 HTTP/1.1",
            "CONNECT :443 HTTP/1.1",
            "CONNECT a:0 HTTP/1.1",
            "CONNECT a:65536 HTTP/1.1",
            "CONNECT a:443",
        ],
    )
    async def test_a_malformed_connect_is_refused(self, start: Start, line: str) -> None:
        bench = await start()
        client = await bench.plain()
        assert (await client.raw(f"{line}\r\n\r\n".encode())).status == 400
        assert await client.ended()

    async def test_a_connect_without_end_is_refused(self, start: Start) -> None:
        bench = await start()
        client = await bench.plain()
        assert (await client.raw(b"CONNECT a.test:443 HTTP/1.1\r\nX: " + b"x" * 20_000)).status == 431

    async def test_huge_fields_are_refused(self, start: Start) -> None:
        bench = await start()
        assert (await (await bench.client()).ask(headers={"X": "x" * 80_000})).status in (400, 431)
        assert bench.world.log == []

    @pytest.mark.parametrize(
        "start_of_it",
        [b"", b"CON", b"CONNECT a.test:443 HT", b"CONNECT a.test:443 HTTP/1.1\r\n\r\n", b"CONNECT a.test:443 HTTP/1.1\r\n\r\n\x16"],
    )
    async def test_a_client_that_dawdles_is_left(self, start: Start, start_of_it: bytes) -> None:
        bench = await start(head_seconds=0.3)
        client = await bench.plain()
        client.writer.write(start_of_it)
        assert (await asyncio.wait_for(client.rest(), 5)) in (b"", b"HTTP/1.1 200 Connection established\r\n\r\n")

    async def test_a_head_in_single_bytes_is_read(self, start: Start) -> None:
        bench = await start()
        client = await bench.plain()
        client.writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in f"CONNECT {A}:80 HTTP/1.1\r\n\r\n".encode():
            client.writer.write(bytes([byte]))
            await asyncio.sleep(0.002)
        await client.reader.readuntil(b"\r\n\r\n")
        assert (await client.ask()).status == 200

    async def test_noise_harms_nobody(self, start: Start) -> None:
        bench = await start()
        for noise in (
            b"\x00" * 100,
            b"\x16\x03\x01\x00\x05hello",
            b"CONNECT a.test:443 HTTP/1.1\r\n\r\n\x16\x03\x01\x00\x05hello",
            b"\xff\r\n\r\n",
        ):
            client = await bench.plain()
            client.writer.write(noise)
            client.writer.write_eof()
            await asyncio.wait_for(client.reader.read(), 5)
        assert (await (await bench.client()).ask()).status == 200
