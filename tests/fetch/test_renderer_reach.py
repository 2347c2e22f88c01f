"""Everything by which a page could reach a server, tried one by one in the browser as the survey runs it: only GET and HEAD arrive, and
only through the guard proxy, which says who asks."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any, Self

import pytest

from tests.fetch.rendering import FORM, Outcome, ask, needs_browser
from tests.support.authority import Authority
from tests.support.world import Reply, Route, World, redirect

pytestmark = needs_browser
A, B = "www.a.test", "www.b.test"
EARS = "127.0.0.2"
SCRIPT = {"Content-Type": "text/javascript"}


class Ears:
    """Listens where the address guard lets nobody: a byte that arrives here went around the proxy."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._tcp = socket.create_server((EARS, 0))
        self._udp = socket.socket(type=socket.SOCK_DGRAM)
        self._udp.bind((EARS, 0))
        self.tcp: int = self._tcp.getsockname()[1]
        self.udp: int = self._udp.getsockname()[1]

    def __enter__(self) -> Self:
        for one, hear in ((self._tcp, self._answer), (self._udp, lambda: self._udp.recv(100))):
            threading.Thread(target=self._listen, args=(one.type.name, hear), daemon=True).start()
        return self

    def _answer(self) -> None:
        self._tcp.accept()[0].close()

    def _listen(self, name: str, hear: Any) -> None:
        while True:
            try:
                hear()
            except OSError:
                return
            self.heard.append(name)

    def __exit__(self, *_: object) -> None:
        for one in (self._tcp, self._udp):
            one.shutdown(socket.SHUT_RDWR) if one is self._tcp else one.close()
        self._tcp.close()


def script(text: str) -> str:
    return f"{FORM}<script>{text}</script>"


def tries(tcp: int, udp: int) -> dict[str, str]:
    """A page for every way out; what it asks for is below its own path, or at the ears."""
    return {
        "popup": script("window.open('/popup/1'); const a = document.createElement('a'); a.target = '_blank'; a.href = '/popup/2'; document.body.append(a); a.click()"),
        "popup-form": "<form target=_blank method=post action=/popup-form/1></form>" + script("document.forms[0].submit()"),
        "form": "<form method=post action=/form/1></form>" + script("document.forms[0].submit()"),
        "form-frame": "<iframe name=f></iframe><form target=f method=post action=/form-frame/1></form>" + script("document.forms[0].submit()"),
        "dialog": script("alert(1); confirm(2); prompt(3); onbeforeunload = () => 'blijf'"),
        "download": script("const a = document.createElement('a'); a.href = '/download/file'; a.download = 'x.bin'; document.body.append(a); a.click()"),
        "download-attachment": script("location = '/download-attachment/file'"),
        "permission": script("navigator.geolocation?.getCurrentPosition(() => fetch('/permission/place')); navigator.mediaDevices?.getUserMedia({audio: true}).then(() => fetch('/permission/sound')); Notification?.requestPermission().then((p) => p === 'granted' && fetch('/permission/notice'))"),
        "service-worker": script("navigator.serviceWorker.register('/service-worker/sw.js')"),
        "shared-worker": script("new SharedWorker('/shared-worker/w.js')"),
        "worker": script("new Worker('/worker/w.js')"),
        "webrtc": script(f"const p = new RTCPeerConnection({{iceServers: [{{urls: 'stun:{EARS}:{udp}'}}, {{urls: 'turn:{EARS}:{tcp}?transport=tcp', username: 'u', credential: 'c'}}]}}); p.createDataChannel('x'); p.createOffer().then((o) => p.setLocalDescription(o))"),
        "beacon": script("navigator.sendBeacon('/beacon/1', 'x')"),
        "beacon-leaving": script("onpagehide = () => navigator.sendBeacon('/beacon-leaving/1', 'x'); fetch('/beacon-leaving/2', {method: 'POST', keepalive: true, body: 'x'})"),
        "later": script("try { fetchLater('/later/1', {method: 'POST', body: 'x', activateAfter: 0}) } catch {}"),
        "ping": "<a id=a href=#x ping=/ping/1>x</a>" + script("document.getElementById('a').click()"),
        "websocket": script(f"new WebSocket('wss://{A}/websocket/1'); new WebSocket('ws://{A}/websocket/2'); new WebSocket('ws://{EARS}:{tcp}/')"),
        "event-source": script("new EventSource('/event-source/1')"),
        "webtransport": script(f"new WebTransport('https://{EARS}:{udp}/')"),
        "prefetch": "<link rel=prefetch href=/prefetch/1><link rel=prerender href=/prefetch/2><link rel=preconnect href=https://pre.b.test><link rel=dns-prefetch href=//dns.b.test>"
        '<script type=speculationrules>{"prerender": [{"urls": ["/prefetch/3"], "eagerness": "immediate"}], "prefetch": [{"urls": ["/prefetch/4"], "eagerness": "immediate"}]}</script>' + FORM,
        "fetch": script(f"for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY']) for (const host of ['{A}', '{B}']) for (const mode of ['cors', 'no-cors']) try {{ fetch('https://' + host + '/fetch/' + method, {{method, mode}}).catch(() => 0) }} catch {{}}"),
        "preflight": script(f"fetch('https://{B}/preflight/1', {{headers: {{'X-A': '1'}}}})"),
        "xhr": script("const x = new XMLHttpRequest(); x.open('POST', '/xhr/1', false); try { x.send('x') } catch {}"),
        "report": script("1"),
        "media": f"<img src=/media/1.png><video src=/media/2.mp4 autoplay></video><audio src=/media/3.mp3 autoplay></audio><object data=/media/4.svg></object><img src=http://{EARS}:{tcp}/x.png>" + FORM,
        "loopback": f"<iframe src=http://{EARS}:{tcp}/ width=300 height=300></iframe>" + script(f"fetch('http://localhost:{tcp}/').catch(() => 0)"),
        "scheme": script("for (const url of ['file:///etc/passwd', 'chrome://version', 'view-source:https://www.b.test/', 'ftp://www.b.test/x', 'mailto:a@b.test', 'tel:1']) { try { location = url } catch {} }"),
    }  # fmt: skip


REPORTING = {
    "Content-Type": "text/html",
    "Content-Security-Policy": "img-src 'none'; report-uri /report/csp; report-to all",
    "Report-To": '{"group":"all","max_age":99,"endpoints":[{"url":"https://www.a.test/report/to"}]}',
    "Reporting-Endpoints": 'all="https://www.a.test/report/endpoint"',
    "NEL": '{"report_to":"all","max_age":99,"success_fraction":1.0}',
}
FILES: dict[str, Route] = {
    "/download/file": Reply(b"x" * 1000),
    "/download-attachment/file": Reply(b"x" * 1000, headers={"Content-Disposition": "attachment; filename=x.bin"}),
    "/service-worker/sw.js": Reply("onfetch = () => 0; fetch('/service-worker/from', {method: 'POST'})", headers=SCRIPT),
    "/shared-worker/w.js": Reply("fetch('/shared-worker/from', {method: 'POST'})", headers=SCRIPT),
    "/worker/w.js": Reply(
        "fetch('/worker/from', {method: 'POST', body: 'x'}); new WebSocket('wss://www.a.test/worker/socket')", headers=SCRIPT
    ),
    "/event-source/1": Reply("data: x\n\n", headers={"Content-Type": "text/event-stream"}),
}
ARRIVES = {
    "download": {"/download/file"},
    "download-attachment": {"/download-attachment/file"},
    "worker": {"/worker/w.js"},
    "event-source": {"/event-source/1"},
    "preflight": {"/preflight/1"},
    "media": {"/media/4.svg"},  # what stands in an object is a document of its own
}
"""What may arrive below the path of a page, by GET; nothing for the others."""
NAMES = sorted(tries(1, 1))


class Seen:
    def __init__(self, outcome: Outcome, world: World, ears: Ears) -> None:
        self.outcome, self.world, self.ears = outcome, world, ears

    def page(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.outcome.pages[NAMES.index(name)]
        return found


@pytest.fixture(scope="module")
def seen(authority: Authority) -> Iterator[Seen]:
    with Ears() as ears:
        pages: dict[str, Route] = {f"/{name}": Reply(html, headers=REPORTING) for name, html in tries(ears.tcp, ears.udp).items()}
        with World({A: {**pages, **FILES}, B: {"/preflight/1": "x"}}, authority) as world:
            yield Seen(
                ask(world, *(f"https://{A}/{name}" for name in NAMES), GEMCRAWL_RENDER_SECONDS=6, GEMCRAWL_ALLOW_NET=["127.0.0.1/32"]),
                world,
                ears,
            )


@pytest.mark.parametrize("name", NAMES)
def test_only_what_is_meant_to_arrives(name: str, seen: Seen) -> None:
    below = {asked.path for asked in seen.world.log if asked.path.startswith(f"/{name}/")}
    assert below <= ARRIVES.get(name, set())


def test_every_request_is_a_get_or_head_that_says_who_asks(seen: Seen) -> None:
    assert {asked.method for asked in seen.world.log} <= {"GET", "HEAD"}
    assert all(asked.headers["User-Agent"].startswith("gemcrawl/") for asked in seen.world.log)
    assert not [asked for asked in seen.world.log if "Upgrade" in asked.headers]


def test_no_byte_went_around_the_proxy(seen: Seen) -> None:
    assert seen.ears.heard == []


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("download-attachment", "scheme")])
def test_the_form_is_read_all_the_same(name: str, seen: Seen) -> None:
    assert seen.page(name)["failure"] == ""
    assert "E-mailadres" in seen.page(name)["documents"][0]["html"]


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("form", f"https://{A}/form/1"),
        ("form-frame", f"https://{A}/form-frame/1"),
        ("beacon", f"https://{A}/beacon/1"),
        ("beacon-leaving", f"https://{A}/beacon-leaving/2"),
        ("ping", f"https://{A}/ping/1"),
        ("worker", f"https://{A}/worker/from"),
        ("xhr", f"https://{A}/xhr/1"),
        ("fetch", f"https://{A}/fetch/POST"),
        ("fetch", f"https://{B}/fetch/DELETE"),
        ("websocket", f"https://{A}/websocket/1"),
    ],
)
def test_what_was_stopped_is_counted(name: str, url: str, seen: Seen) -> None:
    assert url in {r["url"] for r in seen.page(name)["requests"] if r["stopped"] == "method"}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_where_a_redirect_leads_must_be_allowed(status: int, authority: Authority) -> None:
    with World({A: {"/weg": redirect("/geheim", status), "/geheim": FORM}}, authority) as world:
        (page,) = ask(world, {"url": f"https://{A}/weg", "denied": ["/geheim"]}).pages
        assert (page["failure"], page["documents"]) == ("denied", [])
        assert world.paths(A) == ["/weg"]
