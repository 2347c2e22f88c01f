"""The download handler, over real sockets against a small world on loopback."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from typing import Any

import pytest
import uvloop
from scrapy.core.downloader.handlers import DownloadHandlers
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    UnsupportedURLSchemeError,
)
from scrapy.http import HtmlResponse, Response

from gemcrawl.fetch.handler import ConnectionResetFailure, Handler, TlsFailedError
from gemcrawl.transport.facts import Handshake
from tests.fetch.conftest import Open, fetch, handler_for, with_url
from tests.pipelines.gate import Gate, loop_in_thread
from tests.support.authority import TLS10, TLS11, TLS12, TLS13, Authority, Fault, Versions
from tests.support.world import Reply, Tls, World, redirect

MakeWorld = Callable[..., World]
Names = Callable[[Mapping[str, list[str]]], None]
A = "www.a.test"
LOOPS = pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])


class TestAResponse:
    async def test_has_status_fields_and_body_of_the_right_kind(self, make_world: MakeWorld, open_handler: Open) -> None:
        reply = Reply("<p>é</p>", 404, (("X-Robots-Tag", "noindex"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")))
        response = await fetch(open_handler(make_world({A: {"/x?y=1": reply}})), f"https://{A}/x?y=1")
        assert isinstance(response, HtmlResponse)
        assert (response.status, response.url, response.text, response.flags) == (404, f"https://{A}/x?y=1", "<p>é</p>", [])
        assert response.headers.getlist("Set-Cookie") == [b"a=1", b"b=2"]
        assert response.headers["X-Robots-Tag"] == b"noindex"

    @pytest.mark.parametrize("scheme", ["http", "https"])
    async def test_says_which_address_answered_and_how_much(self, scheme: str, world: World, open_handler: Open) -> None:
        response = await fetch(open_handler(world), f"{scheme}://{A}/")
        assert response.meta["address"] == "127.0.0.1"
        assert response.meta["wire_bytes"] == len(response.body) == 10

    async def test_over_http_has_no_handshake(self, world: World, open_handler: Open) -> None:
        assert "handshake" not in (await fetch(open_handler(world), f"http://{A}/")).meta

    async def test_that_redirects_is_not_followed(self, make_world: MakeWorld, open_handler: Open) -> None:
        world = make_world({A: {"/": redirect("/elsewhere", 302)}})
        response = await fetch(open_handler(world), f"https://{A}/")
        assert (response.status, response.headers["Location"]) == (302, b"/elsewhere")
        assert world.paths(A) == ["/"]

    async def test_may_have_big_header_fields(self, world: World, open_handler: Open) -> None:
        response = await fetch(open_handler(world), f"https://{A}/big-headers")
        assert sum(len(v) for name in response.headers for v in response.headers.getlist(name)) > 48_000

    async def test_keeps_hsts_fields_in_the_order_sent(self, make_world: MakeWorld, open_handler: Open) -> None:
        fields = (("Strict-Transport-Security", "max-age=1"), ("strict-transport-security", "max-age=2"))
        response = await fetch(open_handler(make_world({A: {"/": Reply(headers=fields)}})), f"https://{A}/")
        assert response.headers.getlist("Strict-Transport-Security") == [b"max-age=1", b"max-age=2"]


class TestARequest:
    async def test_sends_our_fields_and_no_others(self, world: World, open_handler: Open) -> None:
        await fetch(
            open_handler(world), f"https://{A}/", headers={"User-Agent": "gemcrawl", "Accept-Language": "nl", "Accept-Encoding": "gzip"}
        )
        assert dict(world.log[0].headers) == {"Host": A, "User-Agent": "gemcrawl", "Accept-Language": "nl", "Accept-Encoding": "gzip"}

    async def test_may_be_head(self, world: World, open_handler: Open) -> None:
        response = await fetch(open_handler(world), f"https://{A}/", method="HEAD")
        assert (response.status, response.body) == (200, b"")
        assert world.log[0].method == "HEAD"

    @pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "get\r\nX: y"])
    async def test_of_any_other_method_never_leaves(self, method: str, world: World, open_handler: Open) -> None:
        with pytest.raises(UnsupportedURLSchemeError, match="only GET and HEAD"):
            await fetch(open_handler(world), f"https://{A}/", method=method)
        assert world.log == []

    async def test_with_a_body_never_leaves(self, world: World, open_handler: Open) -> None:
        with pytest.raises(UnsupportedURLSchemeError, match="without a body"):
            await fetch(open_handler(world), f"https://{A}/", body=b"naam=jansen")
        assert world.log == []

    async def test_keeps_its_path_as_written(self, world: World, open_handler: Open) -> None:
        await fetch(open_handler(world), f"http://{A}/a%2Fb/../c%20d?x=%C3%A9&y=a+b%26#deel")
        assert world.log[0].path == "/a%2Fb/../c%20d?x=%C3%A9&y=a+b%26"

    async def test_is_not_cut_in_two_by_what_it_carries(self, world: World, open_handler: Open) -> None:
        handler = open_handler(world)
        with pytest.raises(DownloadFailedError):
            await fetch(handler, f"http://{A}/", headers={"Cookie": "a=1\r\nX-Evil: 1"})
        await fetch(handler, f"http://{A}/x\r\nX-Evil: 1")
        assert all("X-Evil" not in asked.headers for asked in world.log)

    @pytest.mark.parametrize(
        "url", ["ftp://www.a.test/", "file:///etc/passwd", "http:///x", "http://www.a.test:99999/", "http://[::1/", "http://2130706433/"]
    )
    async def test_for_what_is_no_web_address_is_refused(self, url: str, world: World, open_handler: Open) -> None:
        with pytest.raises(UnsupportedURLSchemeError):
            await open_handler(world).download_request(with_url(url))


class TestTheHandshake:
    @LOOPS
    @pytest.mark.parametrize(
        ("versions", "spoken"),
        [
            ((TLS10, TLS10), "TLSv1"),
            ((TLS10, TLS11), "TLSv1.1"),
            ((TLS12, TLS12), "TLSv1.2"),
            ((TLS13, TLS13), "TLSv1.3"),
            ((TLS10, TLS13), "TLSv1.3"),
        ],
        ids=["1.0", "1.0-1.1", "1.2", "1.3", "1.0-1.3"],
    )
    def test_of_every_version_leaves_its_facts(self, versions: Versions, spoken: str, loop: Any, make_world: MakeWorld) -> None:
        world = make_world({A: {"/": "A"}}, tls={A: Tls(versions=versions)})
        facts = run(loop, world, f"https://{A}/").meta["handshake"]
        assert facts == Handshake(spoken, facts.cipher, world.leaves[A].chain, trusted=True)
        assert "AES" in facts.cipher

    async def test_names_the_suite(self, make_world: MakeWorld, open_handler: Open) -> None:
        world = make_world({A: {"/": "A"}}, tls={A: Tls(versions=(TLS12, TLS12), ciphers="ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0")})
        assert (await fetch(open_handler(world), f"https://{A}/")).meta["handshake"].cipher == "ECDHE-ECDSA-AES128-SHA"

    @LOOPS
    @pytest.mark.parametrize(
        ("fault", "says"),
        [
            ("expired", "certificate has expired"),
            ("not_yet_valid", "certificate is not yet valid"),
            ("wrong_host", "Hostname mismatch, certificate is not valid for 'www.a.test'."),
            ("self_signed", "self-signed certificate"),
            ("untrusted", "unable to get local issuer certificate"),
            ("incomplete_chain", "unable to get local issuer certificate"),
        ],
    )
    def test_that_cannot_be_trusted_is_read_all_the_same(self, fault: Fault, says: str, loop: Any, make_world: MakeWorld) -> None:
        world = make_world({A: {"/": "A"}}, tls={A: Tls(fault)})
        response = run(loop, world, f"https://{A}/")
        facts = response.meta["handshake"]
        assert response.body == b"A"
        assert (facts.trusted, facts.error, facts.chain) == (False, says, world.leaves[A].chain)
        assert len(world.log) == 1, "nothing is asked over the connection that was not trusted"

    async def test_is_not_tried_strictly_again_where_it_failed(self, make_world: MakeWorld, open_handler: Open) -> None:
        world = make_world({A: {"/": "A"}, "www.b.test": {"/": "B"}}, tls={A: Tls("expired")})
        handler = open_handler(world)
        for _ in range(3):
            assert not (await fetch(handler, f"https://{A}/")).meta["handshake"].trusted
        assert len(world.server_names) == 2
        assert (await fetch(handler, "https://www.b.test/")).meta["handshake"].trusted

    async def test_of_a_kept_connection_is_on_every_response(self, world: World, open_handler: Open) -> None:
        handler = open_handler(world)
        responses = [await fetch(handler, f"https://{A}/{n}") for n in range(4)]
        assert len({asked.peer for asked in world.log}) == 1
        assert len(world.server_names) == 1
        assert len({id(response.meta["handshake"]) for response in responses}) == 1
        assert responses[-1].meta["address"] == "127.0.0.1"

    async def test_without_a_common_suite_is_a_tls_failure(self, make_world: MakeWorld, open_handler: Open) -> None:
        world = make_world({A: {"/": "A"}}, tls={A: Tls(versions=(TLS12, TLS12), ciphers="ADH-AES128-SHA:@SECLEVEL=0")})
        with pytest.raises((TlsFailedError, ConnectionResetFailure), match=A):
            await fetch(open_handler(world), f"https://{A}/")

    async def test_with_a_server_of_another_protocol_is_a_tls_failure(self, world: World, open_handler: Open) -> None:
        rule = f"{A}:443:127.0.0.1:{world.port(A, 'http')}"
        with pytest.raises(TlsFailedError, match=f"https://{A}/"):
            await fetch(open_handler(world, GEMCRAWL_CONNECT_TO=[rule]), f"https://{A}/")

    @LOOPS
    def test_refused_with_an_alert_is_a_tls_failure(self, loop: Any) -> None:
        alert = bytes.fromhex("15030300020228")  # fatal, handshake_failure
        with answering(alert) as port, pytest.raises(TlsFailedError, match=r"(?i)alert"):
            run(loop, None, f"https://127.0.0.1:{port}/", GEMCRAWL_ALLOW_NET=["127.0.0.0/8"])

    @LOOPS
    def test_cut_off_is_a_reset(self, loop: Any) -> None:
        with answering(b"") as port, pytest.raises(ConnectionResetFailure):
            run(loop, None, f"https://127.0.0.1:{port}/", GEMCRAWL_ALLOW_NET=["127.0.0.0/8"])

    @LOOPS
    def test_reset_at_whatever_moment_is_a_reset(self, loop: Any) -> None:
        async def ask(port: int) -> None:
            handler = handler_for(GEMCRAWL_ALLOW_NET=["127.0.0.0/8"])
            for _ in range(300):  # one in fifty is reset between connecting and the request
                with pytest.raises(ConnectionResetFailure):
                    await fetch(handler, f"http://127.0.0.1:{port}/")
            await handler.close()

        with Gate(target=0, quiet=1000) as closed, asyncio.Runner(loop_factory=loop) as runner:
            runner.run(ask(closed.port))

    async def test_never_answered_is_a_timeout(self, open_handler: Open) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            handler = open_handler(DOWNLOAD_TIMEOUT=0.3, GEMCRAWL_ALLOW_NET=["127.0.0.0/8"])
            with pytest.raises(DownloadTimeoutError):
                await fetch(handler, f"https://127.0.0.1:{silent.getsockname()[1]}/")

    async def test_the_time_limit_is_that_of_both_handshakes_with_a_bad_certificate(
        self, make_world: MakeWorld, open_handler: Open
    ) -> None:
        world = make_world({A: {"/": "A"}}, tls={A: Tls("expired")})
        with dawdling(world.port(A), 0.7) as port:
            handler = open_handler(world, DOWNLOAD_TIMEOUT=1, GEMCRAWL_CONNECT_TO=[f"{A}:443:127.0.0.1:{port}"])
            with pytest.raises(DownloadTimeoutError):
                await fetch(handler, f"https://{A}/")
            assert (await fetch(handler, f"https://{A}/")).body == b"A"  # one handshake, now that the certificate is known


def run(loop: Any, world: World | None, url: str, **overrides: Any) -> Response:
    """One request in a loop of the kind given."""

    async def once() -> Response:
        handler = handler_for(world, **overrides)
        try:
            return await fetch(handler, url)
        finally:
            await handler.close()

    with asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(once())


@contextmanager
def answering(data: bytes) -> Iterator[int]:
    """A server that reads once, says ``data`` and resets the connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)

        def serve() -> None:
            made, _ = server.accept()
            with made:
                made.recv(65536)
                made.sendall(data)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join(10)


@contextmanager
def dawdling(target: int, seconds: float) -> Iterator[int]:
    """A way to ``target`` that takes so long for each connection."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)
        there, onward = await asyncio.open_connection("127.0.0.1", target)
        with suppress(ConnectionError):
            await asyncio.gather(pump(reader, onward), pump(there, writer))

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with closing(sink):
            while data := await source.read(65536):
                sink.write(data)

    with loop_in_thread() as loop:
        server = asyncio.run_coroutine_threadsafe(asyncio.start_server(serve, "127.0.0.1", 0), loop).result(10)
        yield server.sockets[0].getsockname()[1]
        loop.call_soon_threadsafe(server.close)


class TestTheSizeLimit:
    async def test_cuts_a_body_and_says_so(self, make_world: MakeWorld, open_handler: Open) -> None:
        handler = open_handler(make_world({A: {"/": "x" * 1000, "/more": "x" * 1001}}), DOWNLOAD_MAXSIZE=1000)
        whole, cut = await fetch(handler, f"https://{A}/"), await fetch(handler, f"https://{A}/more")
        assert (len(whole.body), whole.flags) == (1000, [])
        assert (len(cut.body), cut.flags, cut.meta["wire_bytes"]) == (1000, ["truncated"], 1000)

    async def test_ends_what_would_never_end(self, world: World, open_handler: Open) -> None:
        response = await fetch(open_handler(world, DOWNLOAD_MAXSIZE=3), f"https://{A}/slow-drip")
        assert (response.body, response.flags) == (b"...", ["truncated"])

    async def test_gives_up_a_compressed_body_which_cannot_be_cut(self, world: World, open_handler: Open) -> None:
        with pytest.raises(DownloadCancelledError, match="compressed"):
            await fetch(open_handler(world, DOWNLOAD_MAXSIZE=1000), f"https://{A}/gzip-bomb")

    async def test_cuts_a_body_that_is_called_encoded_but_is_not(self, make_world: MakeWorld, open_handler: Open) -> None:
        world = make_world({A: {"/": Reply("x" * 2000, headers={"Content-Encoding": "identity"})}})
        assert (await fetch(open_handler(world, DOWNLOAD_MAXSIZE=1000), f"https://{A}/")).flags == ["truncated"]

    async def test_leaves_compressed_bodies_to_scrapy(self, world: World, open_handler: Open) -> None:
        response = await fetch(open_handler(world), f"https://{A}/gzip-bomb")
        assert response.headers["Content-Encoding"] == b"gzip"
        assert response.body.startswith(b"\x1f\x8b")


class TestFailures:
    @pytest.mark.parametrize("scheme", ["http", "https"])
    @pytest.mark.parametrize(
        ("path", "failure"),
        [
            ("/drop", ConnectionResetFailure),
            ("/reset", ConnectionResetFailure),
            ("/hang", DownloadTimeoutError),
            ("/slow-drip", DownloadTimeoutError),
            ("/partial", DownloadFailedError),
            ("/not-http", DownloadFailedError),
        ],
    )
    async def test_of_a_bad_resource(self, path: str, failure: type[Exception], scheme: str, world: World, open_handler: Open) -> None:
        with pytest.raises(failure, match=path) as caught:
            await fetch(open_handler(world, DOWNLOAD_TIMEOUT=0.3), f"{scheme}://{A}{path}")
        assert type(caught.value) is failure

    async def test_a_request_may_have_less_time(self, world: World, open_handler: Open) -> None:
        with pytest.raises(DownloadTimeoutError, match=r"0\.2 s"):
            await fetch(open_handler(world), f"https://{A}/hang", meta={"download_timeout": 0.2})

    @pytest.mark.parametrize("scheme", ["http", "https"])
    async def test_a_closed_port(self, scheme: str, make_world: MakeWorld, open_handler: Open) -> None:
        world = make_world({A: {"/": "A"}}, closed=[f"{scheme}://{A}"])
        with pytest.raises(DownloadConnectionRefusedError, match=f"{scheme}://{A}/"):
            await fetch(open_handler(world), f"{scheme}://{A}/")

    async def test_several_closed_ports(self, make_world: MakeWorld, open_handler: Open, names: Names) -> None:
        world = make_world({A: {}}, closed=[f"http://{A}"])
        names({A: ["127.0.0.1", "127.0.0.2"]})
        handler = open_handler(world, GEMCRAWL_CONNECT_TO=[f"{A}:80::{world.port(A, 'http')}"])
        with pytest.raises(DownloadConnectionRefusedError):
            await fetch(handler, f"http://{A}/")

    @pytest.mark.parametrize("host", ["nowhere.invalid", "a..invalid", "x" * 64 + ".invalid", "%00.invalid", "xn--a.invalid", "-.invalid"])
    async def test_a_name_that_does_not_exist(self, host: str, open_handler: Open, names: Names) -> None:
        names({})
        with pytest.raises(CannotResolveHostError):
            await open_handler().download_request(with_url(f"http://{host}/"))

    async def test_a_name_that_is_looked_up_slowly_blocks_nobody(
        self, world: World, open_handler: Open, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        answered = threading.Event()
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answered.wait(20) and [])
        handler = open_handler(world, DOWNLOAD_TIMEOUT=1)
        slow = [asyncio.ensure_future(fetch(handler, f"http://slow{n}.invalid/")) for n in range(20)]
        await asyncio.sleep(0.1)
        assert (await fetch(handler, f"https://{A}/")).status == 200
        results = await asyncio.gather(*slow, return_exceptions=True)
        answered.set()
        assert {type(result) for result in results} == {DownloadTimeoutError}

    async def test_a_connection_dropped_while_idle_is_made_anew(self, make_world: MakeWorld, open_handler: Open) -> None:
        world = make_world({A: {"/": Reply("A", headers={"Connection": "close"})}})
        handler = open_handler(world)
        for _ in range(3):
            assert (await fetch(handler, f"https://{A}/")).status == 200

    async def test_after_every_failure_the_next_request_is_served(self, world: World, open_handler: Open) -> None:
        handler = open_handler(world, DOWNLOAD_TIMEOUT=0.3)
        for path in ("/drop", "/reset", "/hang", "/partial", "/slow-drip", "/not-http"):
            with pytest.raises((DownloadFailedError, DownloadTimeoutError)):
                await fetch(handler, f"https://{A}{path}")
            assert (await fetch(handler, f"https://{A}/")).status == 200


class TestOneInstance:
    async def test_serves_both_schemes(self, world: World) -> None:
        handler = handler_for(world)
        handlers = DownloadHandlers(handler.crawler)
        assert handlers._get_handler("http") is handlers._get_handler("https") is handler
        await handlers._close()

    async def test_is_not_shared_by_crawls(self, world: World, open_handler: Open) -> None:
        assert open_handler(world) is not open_handler(world)

    async def test_leaves_nothing_open(self, world: World) -> None:
        threads = threading.active_count()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ResourceWarning)
            handler = handler_for(world, DOWNLOAD_TIMEOUT=0.2)
            await asyncio.gather(
                *(fetch(handler, f"{scheme}://{A}{path}") for scheme in ("http", "https") for path in ("/", "/hang", "/partial", "/drop")),
                return_exceptions=True,
            )
            await handler.close()
            await handler.close()
            del handler
            await asyncio.sleep(0.05)
            gc.collect()
        assert [str(w.message) for w in caught if issubclass(w.category, ResourceWarning)] == []
        assert threading.active_count() <= threads + 1
        assert Handler._open_handlers == {}

    async def test_keeps_no_more_connections_than_requests_at_once(self, world: World, open_handler: Open) -> None:
        handler = open_handler(world, CONCURRENT_REQUESTS=4)
        await asyncio.gather(*(fetch(handler, f"https://{A}/{n}") for n in range(40)))
        assert len({asked.peer for asked in world.log}) <= 4


def test_the_authority_is_not_trusted_by_default(authority: Authority, make_world: MakeWorld) -> None:
    world = make_world({A: {"/": "A"}})
    facts = run(asyncio.new_event_loop, world, f"https://{A}/", GEMCRAWL_CA_FILE=None).meta["handshake"]
    assert not facts.trusted
