"""The guard proxy before a real browser, with pages that try everything by which a browser sends something."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any, Self

import pytest

from gemcrawl.fetch.proxy import GuardProxy, ProxySlot
from gemcrawl.items import Reason
from tests.fetch.conftest import Open
from tests.support.world import Reply, World

CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-domain-reliability",
    "--proxy-bypass-list=<-loopback>",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
A, B = "www.a.test", "www.b.test"

EVERYTHING = """<!doctype html><title>Alles</title>
<link rel=preconnect href="https://pre.b.test"><link rel=dns-prefetch href="https://dns.b.test"><link rel=prefetch href="/ahead">
<img src="/logo.png"><img src="http://127.0.0.1:{tcp}/direct.png"><iframe src="http://127.0.0.1:{tcp}/frame"></iframe>
<form id=post method=post action="/posted"><input name=a></form>
<a id=ping href="#x" ping="/pinged">x</a>
<script>
const tries = [
  () => fetch("/fetch-post", {{method: "POST", body: "x"}}),
  () => fetch("https://www.b.test/cross-post", {{method: "POST", body: "x", mode: "no-cors"}}),
  () => fetch("https://www.b.test/cross-put", {{method: "PUT", headers: {{"X-A": "1"}}}}),
  () => fetch("https://www.b.test/cross-get", {{headers: {{"X-A": "1"}}}}),
  () => fetch("/keepalive", {{method: "POST", body: "x", keepalive: true}}),
  () => fetch("/read").then(r => r.text()).then(t => document.title = t),
  () => {{ const x = new XMLHttpRequest(); x.open("DELETE", "/xhr-delete"); x.send(); }},
  () => navigator.sendBeacon("/beacon", "x"),
  () => document.getElementById("ping").click(),
  () => new WebSocket("wss://www.a.test/wss"),
  () => new WebSocket("ws://127.0.0.1:{tcp}/ws"),
  () => new EventSource("/events"),
  () => new WebTransport("https://www.a.test:443/transport"),
  () => new Worker(URL.createObjectURL(new Blob(["importScripts('https://www.a.test/imported.js')"]))),
  () => navigator.serviceWorker.register("/sw.js"),
  () => {{ const p = new RTCPeerConnection({{iceServers: [{{urls: "stun:127.0.0.1:{udp}"}}]}});
           p.createDataChannel("x"); p.createOffer().then(o => p.setLocalDescription(o)); }},
  () => document.getElementById("post").submit(),
];
for (const attempt of tries) try {{ Promise.resolve(attempt()).catch(() => 0); }} catch (e) {{}}
</script>"""
HEADERS = {
    "Content-Security-Policy": "style-src 'none'; report-uri /csp; report-to all",
    "Report-To": '{"group":"all","max_age":99,"endpoints":[{"url":"https://www.a.test/report"}]}',
    "Reporting-Endpoints": 'all="https://www.a.test/report"',
    "NEL": '{"report_to":"all","max_age":99,"success_fraction":1.0}',
    "Alt-Svc": 'h3=":443"; ma=99',
}


async def allow(_: str) -> Reason | None:
    return None


class Ears:
    """Listens on loopback, where no byte of the browser may arrive."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    async def __aenter__(self) -> Self:
        ears = self

        class Datagrams(asyncio.DatagramProtocol):
            def datagram_received(self, data: bytes, addr: Any) -> None:
                ears.heard.append("udp")

        async def stream(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self.heard.append("tcp")
            writer.close()

        self._tcp = await asyncio.start_server(stream, "127.0.0.1", 0)
        self._udp, _ = await asyncio.get_running_loop().create_datagram_endpoint(Datagrams, ("127.0.0.1", 0), family=socket.AF_INET)
        self.tcp: int = self._tcp.sockets[0].getsockname()[1]
        self.udp: int = self._udp.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._tcp.close()
        self._udp.close()
        await self._tcp.wait_closed()


class Bench:
    def __init__(self, proxy: GuardProxy, slot: ProxySlot, browser: Any) -> None:
        self.proxy, self.slot, self.browser = proxy, slot, browser

    async def page(self, *, ignore_https_errors: bool = False) -> Any:
        context = await self.browser.new_context(
            proxy={"server": f"http://127.0.0.1:{self.slot.port}"}, ignore_https_errors=ignore_https_errors, service_workers="allow"
        )
        return await context.new_page()


@pytest.fixture
async def start(make_world: Callable[..., World], open_handler: Open) -> AsyncIterator[Callable[..., Any]]:  # worlds end last
    playwright_api = pytest.importorskip("playwright.async_api")
    started: list[Any] = []

    async def begin(world: World, allow_net: list[str] | None = None) -> Bench:
        handler = open_handler(world) if allow_net is None else open_handler(world, GEMCRAWL_ALLOW_NET=allow_net)
        proxy = GuardProxy(handler.exchange, user_agent="gemcrawl/test", seconds=3)
        await proxy.start()
        playwright = await playwright_api.async_playwright().start()
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[*FLAGS, f"--ignore-certificate-errors-spki-list={proxy.spki_sha256}"],
            proxy={"server": f"http://127.0.0.1:{proxy.refuse_port}"},
        )
        started.extend((browser.close, playwright.stop, proxy.close))
        return Bench(proxy, await proxy.open(), browser)

    yield begin
    for end in started:
        await end()
    await asyncio.sleep(0.1)


async def test_only_get_and_head_leave_whatever_a_page_tries(start: Any, make_world: Callable[..., World]) -> None:
    async with Ears() as ears:
        pages = {
            "/": Reply(EVERYTHING.format(tcp=ears.tcp, udp=ears.udp), headers={**HEADERS, "Content-Type": "text/html"}),
            "/read": "gelezen",
            "/imported.js": Reply("fetch('https://www.a.test/from-worker', {method: 'POST'})", headers={"Content-Type": "text/javascript"}),
        }
        world = make_world({A: pages, B: {"/cross-get": "x"}})
        bench = await start(world)
        page = await bench.page()
        refused = {f"http://127.0.0.1:{ears.tcp}/frame"}

        async def allowed(url: str) -> Reason | None:
            return "robots" if url in refused else None  # type: ignore[return-value]

        bench.slot.begin(allowed)
        await page.goto(f"https://{A}/", wait_until="commit")
        await page.wait_for_function("document.title === 'gelezen'", timeout=10_000)
        await asyncio.sleep(2)
        title = await page.title()
        requests, _ = bench.slot.end()
        before = len(world.log)
        await page.context.close()
        await asyncio.sleep(1)

    assert title == "gelezen"  # the form that posted has not taken the page's place
    assert {asked.method for asked in world.log} == {"GET"}
    assert {asked.path for asked in world.log} <= {"/", "/read", "/imported.js", "/events", "/cross-get", "/sw.js"}
    assert len(world.log) == before
    stopped = {(r.method, r.url) for r in requests if r.stopped == "method"}
    for path in ("fetch-post", "keepalive", "beacon", "pinged", "posted", "from-worker"):
        assert ("POST", f"https://{A}/{path}") in stopped
    assert ("DELETE", f"https://{A}/xhr-delete") in stopped
    assert ("POST", f"https://{B}/cross-post") in stopped
    assert ("OPTIONS", f"https://{B}/cross-put") in stopped
    assert ("GET", f"https://{A}/wss") in stopped
    assert "/cross-get" in world.paths(B)  # its preflight was answered here
    assert {(r.url, r.stopped) for r in requests if r.destination == "frame"} == {(f"http://127.0.0.1:{ears.tcp}/frame", "robots")}
    assert ears.heard == []


@pytest.mark.parametrize(
    "page",
    [
        "<form action=/next><input name=q value=1></form><script>document.forms[0].submit()</script>",
        "<meta http-equiv=refresh content='0;url=/next?q=1'>",
        "<script>location = '/next?q=1'</script>",
        "<iframe src='/next?q=1'></iframe>",
        "<script>window.open('/next?q=1')</script>",
    ],
)
async def test_every_way_to_a_document_asks_first(start: Any, make_world: Callable[..., World], page: str) -> None:
    world = make_world({A: {"/": page, "/next": "x"}})
    bench = await start(world)
    asked: list[str] = []

    async def allowed(url: str) -> Reason | None:
        asked.append(url)
        return "robots" if "next" in url else None  # type: ignore[return-value]

    bench.slot.begin(allowed)
    tab = await bench.page()
    await tab.goto(f"https://{A}/", wait_until="commit")
    await asyncio.sleep(1)
    requests, _ = bench.slot.end()
    assert f"https://{A}/next?q=1" in asked
    assert world.paths(A) == ["/"]
    assert next(r.stopped for r in requests if "next" in r.url) == "robots"


async def test_this_machine_is_out_of_reach(start: Any, make_world: Callable[..., World]) -> None:
    async with Ears() as ears:
        bench = await start(make_world({A: {}}), allow_net=[])
        bench.slot.begin(allow)
        page = await bench.page()
        for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"):
            response = await page.goto(f"http://{host}:{ears.tcp}/")
            assert response.status in (403, 502)
        assert ears.heard == []
    assert {r.stopped for r in bench.slot.end()[0] if r.destination == "document"} == {"address"}


async def test_nothing_leaves_outside_a_slot(start: Any, make_world: Callable[..., World]) -> None:
    world = make_world({A: {"/": "x"}})
    bench = await start(world)
    tab = await (await bench.browser.new_context()).new_page()
    response = await tab.goto(f"https://{A}/")
    assert response is not None
    assert response.status == 503
    assert world.log == []


async def test_the_cache_works_for_a_browser_that_knows_the_key(start: Any, make_world: Callable[..., World]) -> None:
    script = Reply("1", headers={"Content-Type": "text/javascript", "Cache-Control": "max-age=600"})
    world = make_world({A: {"/": "<script src=/x.js></script>", "/2": "<script src=/x.js></script>", "/x.js": script}})
    bench = await start(world)
    page = await bench.page()
    for path in ("/", "/2"):
        bench.slot.begin(allow)
        await page.goto(f"https://{A}{path}")
        bench.slot.end()
    assert world.paths(A) == ["/", "/x.js", "/2"]
