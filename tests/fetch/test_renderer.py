"""Rendering: forms that scripts build are seen, in frames and shadow trees too, and nothing but GET and HEAD ever reaches a site."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gemcrawl.forms import read_page
from tests.fetch.rendering import FORM, ask, late, needs_browser
from tests.support.world import Reply, World

HOST = "https://www.a.test"


def forms(document: dict[str, Any]) -> list[list[tuple[str, str]]]:
    """Names and labels of the fields of each form of a document, as the survey reads them."""
    reading = read_page(document["html"].encode(), document["url"], charset="utf-8")
    return [[(field.name, field.label) for field in form.fields] for form in reading.forms]


FIELDS = [("naam", "Uw naam"), ("mail", "E-mailadres")]


@needs_browser
@pytest.mark.parametrize("milliseconds", [50, 400, 2000])
def test_a_form_that_comes_late_is_seen(milliseconds: int, make_world: Callable[..., World]) -> None:
    world = make_world({"www.a.test": {"/": late(milliseconds)}})
    (page,) = ask(world, f"{HOST}/").pages
    assert page["failure"] == ""
    assert [document["url"] for document in page["documents"]] == [f"{HOST}/"]
    assert forms(page["documents"][0]) == [FIELDS]
    assert page["wire_bytes"] > 0


@needs_browser
def test_time_in_which_a_page_cannot_run_does_not_count(make_world: Callable[..., World]) -> None:
    busy = "<!doctype html><script>const end = Date.now() + 3000; while (Date.now() < end);</script>" + late(1200)
    framed = "<iframe src=/frame width=600 height=400></iframe>"
    world = make_world({"www.a.test": {"/": busy, "/framed": framed, "/frame": "<iframe src=/ width=500 height=300></iframe>"}})
    alone, around = ask(world, f"{HOST}/", f"{HOST}/framed").pages
    assert forms(alone["documents"][0]) == [FIELDS]
    assert forms(around["documents"][2]) == [FIELDS]


@needs_browser
def test_a_page_that_waits_for_its_data_is_waited_for(make_world: Callable[..., World]) -> None:
    shell = "<!doctype html><div id=app></div><script>fetch('/form').then((a) => a.text()).then((t) => { app.innerHTML = t })</script>"
    world = make_world({"www.a.test": {"/": shell, "/form": Reply(FORM, delay=3.4)}})
    (page,) = ask(world, f"{HOST}/").pages
    assert forms(page["documents"][0]) == [FIELDS]


@needs_browser
def test_a_page_that_waits_for_ever_is_read_as_it_is(make_world: Callable[..., World]) -> None:
    world = make_world({"www.a.test": {"/": "<h1>Contact</h1><script>fetch('/never')</script>", "/never": Reply(delay=60)}})
    (page,) = ask(world, f"{HOST}/").pages
    assert page["failure"] == ""
    assert "<h1>Contact</h1>" in page["documents"][0]["html"]
    assert page["seconds"] > 3


@needs_browser
def test_a_search_box_and_a_cookie_banner_are_not_what_is_waited_for(make_world: Callable[..., World]) -> None:
    shell = (
        "<form role=search><input name=q aria-label=Zoeken></form><div class=cookies><input type=checkbox name=ok><button>OK</button></div>"
    )
    world = make_world({"www.a.test": {"/": shell + late(1500)}})
    (page,) = ask(world, f"{HOST}/").pages
    assert FIELDS in forms(page["documents"][0])


@needs_browser
def test_frames_are_read_across_hosts_and_levels(make_world: Callable[..., World]) -> None:
    world = make_world(
        {
            "www.a.test": {"/": "<h1>Afspraak</h1><iframe src=https://frame.b.test/x width=600 height=400></iframe>"},
            "frame.b.test": {"/x": "<iframe src=https://deep.c.test/y width=500 height=300></iframe>"},
            "deep.c.test": {"/y": late(300)},
        }
    )
    (page,) = ask(world, f"{HOST}/").pages
    assert [(document["url"], document["parent"]) for document in page["documents"]] == [
        (f"{HOST}/", None),
        ("https://frame.b.test/x", 0),
        ("https://deep.c.test/y", 1),
    ]
    assert forms(page["documents"][2]) == [FIELDS]
    assert page["asked"] == [f"{HOST}/", "https://frame.b.test/x", "https://deep.c.test/y"]


@needs_browser
@pytest.mark.parametrize(
    "way", ["<iframe srcdoc='{}'></iframe>", "<object type=text/html data=/late></object>", "<embed type=text/html src=/late>"]
)
def test_so_is_what_is_written_in_a_frame_or_framed_as_an_object(make_world: Callable[..., World], way: str) -> None:
    world = make_world({"www.a.test": {"/": "<h1>Afspraak</h1>" + way.replace("{}", late(300).replace("'", "&#39;")), "/late": late(300)}})
    (page,) = ask(world, f"{HOST}/").pages
    framing, framed = page["documents"]
    assert (framed["parent"], forms(framed)) == (0, [FIELDS])
    assert "&lt;" not in framing["html"]


@needs_browser
def test_a_frame_that_may_not_be_fetched_is_not_there(make_world: Callable[..., World]) -> None:
    world = make_world({"www.a.test": {"/": f"{FORM}<iframe src=https://b.test/x width=600 height=400></iframe>"}, "b.test": {"/x": FORM}})
    (page,) = ask(world, {"url": f"{HOST}/", "denied": ["b.test"]}).pages
    assert page["failure"] == ""
    assert world.paths("b.test") == []
    assert "https://b.test/x" not in [document["url"] for document in page["documents"] if forms(document)]


SHADOW = """
<script>
customElements.define("x-field", class extends HTMLElement {
  connectedCallback() {
    const inner = this.attachShadow({ mode: "open" });
    inner.innerHTML = "<label for=i></label><input id=i name=" + this.getAttribute("name") + ">";
    if (!this.hasAttribute("label")) inner.querySelector("label").textContent = this.getAttribute("text");
  }
});
customElements.define("x-form", class extends HTMLElement {
  connectedCallback() {
    this.attachShadow({ mode: "open" }).innerHTML = "<form action=/verstuur><slot></slot><x-field name=mail text='E-mailadres'></x-field></form>";
  }
});
</script>
<x-form><x-field name=naam label="Uw naam"></x-field></x-form>
"""


@needs_browser
def test_open_shadow_trees_are_written_in_place_with_their_labels(make_world: Callable[..., World]) -> None:
    world = make_world({"www.a.test": {"/": SHADOW}})
    (page,) = ask(world, f"{HOST}/").pages
    assert forms(page["documents"][0]) == [FIELDS]


@needs_browser
def test_traps_for_robots_are_left_out_and_drawn_controls_are_not(make_world: Callable[..., World]) -> None:
    style = """<style>.weg{position:absolute;left:-9999px}.klein{width:1px;height:1px;overflow:hidden}.klein *{width:100%}
    .glas{opacity:0}.stap2{display:none}</style>"""
    body = """<form action=/x><label>Naam<input name=naam></label><div class=weg><input name=a1></div><div class=klein><input name=a2></div>
    <p class=glas><input name=a3></p><label><input type=checkbox name=akkoord class=glas>Akkoord</label>
    <div class=stap2><label>Onderwerp<input name=onderwerp></label></div></form>"""
    world = make_world({"www.a.test": {"/": style + body}})
    (page,) = ask(world, f"{HOST}/").pages
    assert [name for name, _ in forms(page["documents"][0])[0]] == ["naam", "akkoord", "onderwerp"]


def targets(document: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Where each form of a document is sent, and the names of its fields."""
    reading = read_page(document["html"].encode(), document["url"], charset="utf-8")
    return [(" ".join(form.submit_urls), [field.name for field in form.fields]) for form in reading.forms]


@needs_browser
def test_controls_keep_the_form_that_the_browser_gave_them_wherever_they_stand(make_world: Callable[..., World]) -> None:
    opened = "<div><form method=post action=http://www.a.test/v></div>"
    fields = "<label>Naam<input name=naam></label><label>E-mailadres<input name=mail></label><button>Versturen</button>"
    moved = "<script>document.body.append(document.querySelector('p'))</script>"
    row = "<table><form method=post action=http://www.a.test/v><tr><td><input name=naam></table><table><tr><td><input name=mail></table><button>Ja</button>"
    world = make_world(
        {
            "www.a.test": {
                "/": f"{opened}<p>{fields}</p></form>{moved}",
                "/rows": f"{row}</form>",
                "/two": f"{opened}{fields}</form><form action=/w><input name=q>",
            }
        }
    )
    pages = ask(world, f"{HOST}/", f"{HOST}/rows", f"{HOST}/two").pages
    ours = ("http://www.a.test/v", ["naam", "mail"])
    assert [targets(page["documents"][0]) for page in pages] == [[ours], [ours], [ours, ("https://www.a.test/w", ["q"])]]


@needs_browser
def test_the_links_of_a_drawing_are_written(make_world: Callable[..., World]) -> None:
    world = make_world({"www.a.test": {"/": "<svg><a xlink:href=/balie><text>Afspraak maken</text></a><circle r=2 /></svg>"}})
    (page,) = ask(world, f"{HOST}/").pages
    reading = read_page(page["documents"][0]["html"].encode(), f"{HOST}/", charset="utf-8")
    assert [(link.url, link.text) for link in reading.links] == [(f"{HOST}/balie", "Afspraak maken")]


@needs_browser
def test_values_are_not_read(make_world: Callable[..., World]) -> None:
    filled = FORM.replace("name=naam", "name=naam value=geheim") + "<textarea name=t>geheim</textarea>"
    world = make_world({"www.a.test": {"/": filled}})
    (page,) = ask(world, f"{HOST}/").pages
    assert "geheim" not in page["documents"][0]["html"]


@needs_browser
def test_a_page_cannot_change_what_reading_calls(make_world: Callable[..., World]) -> None:
    hostile = """<script>
    for (const name of Object.getOwnPropertyNames(Node.prototype)) try { Object.defineProperty(Node.prototype, name, { get() { throw 1 } }) } catch {}
    Array.prototype.push = String.prototype.replace = JSON.stringify = Element.prototype.getAttribute = () => { throw 1 };
    </script>"""
    clobbering = "".join(
        f"<input name={name}>" for name in ("childNodes", "firstChild", "attributes", "getAttribute", "parentNode", "nodeType")
    )
    world = make_world({"www.a.test": {"/": FORM + f"<form name=querySelectorAll>{clobbering}</form>" + hostile}})
    (page,) = ask(world, f"{HOST}/").pages
    assert forms(page["documents"][0])[0] == FIELDS


@needs_browser
def test_routes_behind_a_hash_are_rendered(make_world: Callable[..., World]) -> None:
    app = f"<div id=app></div><script>if (location.hash === '#/contact') app.innerHTML = {FORM!r}</script>"
    world = make_world({"www.a.test": {"/": app}})
    (page,) = ask(world, f"{HOST}/#/contact").pages
    assert page["documents"][0]["url"] == f"{HOST}/#/contact"
    assert forms(page["documents"][0]) == [FIELDS]


@needs_browser
def test_nothing_is_sent_but_get_and_head_and_the_rest_is_counted(make_world: Callable[..., World]) -> None:
    eager = """<script>fetch("/api", { method: "POST", body: "x" }).catch(() => 0); navigator.sendBeacon("/baken", "x");
    fetch("/api", { method: "DELETE" }).catch(() => 0);</script>"""
    world = make_world({"www.a.test": {"/": eager + late(100)}})
    (page,) = ask(world, f"{HOST}/").pages
    assert forms(page["documents"][0]) == [FIELDS]
    assert {asked.method for asked in world.log} == {"GET"}
    stopped = [(request["url"], request["method"]) for request in page["requests"] if request["stopped"] == "method"]
    assert sorted(stopped) == [(f"{HOST}/api", "DELETE"), (f"{HOST}/api", "POST"), (f"{HOST}/baken", "POST")]


@needs_browser
def test_all_that_was_begun_before_the_page_was_read_is_told(make_world: Callable[..., World]) -> None:
    last_moment = """<script>new MutationObserver(() => { for (let i = 0; i < 20; i++) navigator.sendBeacon("/baken/" + i, "x") })
    .observe(document, { childList: true, subtree: true })</script><div id=app></div><script>setTimeout(() => app.innerHTML = FORM, 50)</script>"""
    world = make_world({"www.a.test": {"/": last_moment.replace("FORM", json.dumps(FORM))}})
    pages = ask(world, *[f"{HOST}/"] * 5).pages
    for page in pages:
        stopped = {request["url"] for request in page["requests"] if request["stopped"] == "method"}
        assert stopped == {f"{HOST}/baken/{i}" for i in range(20)}
    assert {asked.method for asked in world.log} == {"GET"}


@needs_browser
def test_what_the_browser_itself_stops_is_told_too(make_world: Callable[..., World]) -> None:
    world = make_world({"www.a.test": {"/": "<script>fetch('http://www.b.test/x').catch(() => 0)</script>" + late(50)}, "www.b.test": {}})
    (page,) = ask(world, f"{HOST}/").pages
    assert ("http://www.b.test/x", "failed") in [(request["url"], request["stopped"]) for request in page["requests"]]
    assert world.paths("www.b.test") == []


@needs_browser
def test_where_a_page_goes_by_itself_must_be_allowed(make_world: Callable[..., World]) -> None:
    world = make_world(
        {
            "www.a.test": {
                "/go": "<script>location = '/geheim'</script>",
                "/route": f"<script>history.pushState(0, '', '/geheim')</script>{FORM}",
                "/geheim": FORM,
            }
        }
    )
    question = {"denied": ["/geheim"]}
    went, routed = ask(world, {"url": f"{HOST}/go", **question}, {"url": f"{HOST}/route", **question}).pages
    assert (went["failure"], went["documents"]) == ("denied", [])
    assert (routed["failure"], routed["documents"]) == ("denied", [])
    assert "/geheim" not in world.paths("www.a.test")


@needs_browser
def test_groups_share_nothing_and_a_group_shares_its_page(make_world: Callable[..., World]) -> None:
    tells = """<form><input name=a><input name=b></form><p id=p></p><script>
    p.textContent = "seen:" + [document.cookie, localStorage.x, sessionStorage.x].join("|");
    document.cookie = "c=1"; localStorage.x = sessionStorage.x = "s";</script>"""
    world = make_world({"www.a.test": {"/": tells, "/bundle.js": Reply("1", headers={"Cache-Control": "max-age=600"})}})
    outcome = ask(world, *({"url": f"{HOST}/", "group": group} for group in ("GM1", "GM1", "GM2", "GM1")))
    seen = [page["documents"][0]["html"].partition("seen:")[2].partition("<")[0] for page in outcome.pages]
    assert seen == ["||", "c=1|s|s", "||", "c=1|s|s"]
    assert outcome.stats["playwright/page_count"] == 2
    assert outcome.stats["playwright/context_count"] == 2


@needs_browser
def test_a_script_that_may_be_kept_is_fetched_once_per_group(make_world: Callable[..., World]) -> None:
    page = f"<script src=/app.js></script>{FORM}"
    script = Reply("1", headers={"Cache-Control": "max-age=600", "Content-Type": "text/javascript"})
    world = make_world({"www.a.test": {"/1": page, "/2": page, "/app.js": script}})
    ask(world, f"{HOST}/1", f"{HOST}/2")
    assert world.paths("www.a.test").count("/app.js") == 1


@needs_browser
def test_pictures_and_fonts_are_not_even_asked_for(make_world: Callable[..., World]) -> None:
    dressed = f"<style>@font-face {{ font-family: f; src: url(/f.woff2) }} * {{ font-family: f }}</style><img src=/logo.png>{FORM}"
    world = make_world({"www.a.test": {"/": dressed}})
    (page,) = ask(world, f"{HOST}/").pages
    assert forms(page["documents"][0]) == [FIELDS]
    assert [request["url"] for request in page["requests"]] == [f"{HOST}/"]


@needs_browser
def test_what_moves_is_at_once_where_it_was_to_end(make_world: Callable[..., World]) -> None:
    style = """<style>@keyframes in { from { opacity: 0 } } @keyframes turn { to { transform: rotate(1turn) } }
    form { animation: in 60s 30s both } #s { animation: turn 1s linear infinite }</style>"""
    tells = "<i id=s></i><script>setTimeout(() => p.textContent = `moving:${s.getAnimations().length}`, 50)</script>"
    world = make_world({"www.a.test": {"/": f"{style}{FORM}<p id=p></p>{tells}"}})
    (page,) = ask(world, f"{HOST}/").pages
    assert forms(page["documents"][0]) == [FIELDS]
    assert "moving:0" in page["documents"][0]["html"]


@needs_browser
def test_windows_are_not_opened_and_capabilities_are_not_there(make_world: Callable[..., World]) -> None:
    page = f"""{FORM}<p id=p></p><script>
    const frame = document.createElement("iframe"); document.body.append(frame);
    p.textContent = "has:" + [window.open("/ander"), typeof RTCPeerConnection, typeof frame.contentWindow.RTCPeerConnection, navigator.serviceWorker];
    frame.remove();
    const link = document.createElement("a"); link.target = "_blank"; link.href = "/ander2"; document.body.append(link); link.click();
    </script>"""
    world = make_world({"www.a.test": {"/": page, "/ander": FORM, "/ander2": FORM}})
    (found,) = ask(world, f"{HOST}/").pages
    assert "has:,undefined,undefined," in found["documents"][0]["html"]
    assert world.paths("www.a.test") == ["/"]


def test_without_a_browser_it_says_so_once_and_at_once(tmp_path: Path) -> None:
    url = f"{HOST}/"
    outcome = ask(None, url, url, environment={"GEMCRAWL_CHROMIUM": str(tmp_path / "none")})
    assert [page["failure"] for page in outcome.pages] == ["no_browser", "no_browser"]
    assert outcome.log.count("no browser found") == 1
    assert outcome.stats == {}
