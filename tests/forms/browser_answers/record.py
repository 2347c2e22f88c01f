"""Asks Chromium where forms and links lead, and writes its answers to ``answers.json``; run by hand, with the path of a Chromium.

    python tests/forms/browser_answers/record.py /usr/bin/chromium-headless-shell

Documents have the addresses of real ones, and no request leaves the browser: every one is answered here, with the page under test or with
204, on which a browser stays where it is.  The request a form makes is therefore the one a server would have seen.
"""

from __future__ import annotations

import asyncio
import base64
import html
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.async_api import CDPSession, Error, Page, async_playwright

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-domain-reliability", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]  # fmt: skip
PATIENCE = 0.3
"""Seconds after which a form that made no request makes none."""
START = "<!doctype html><meta charset=utf-8>"
DOCUMENTS = ["https://page.test/dir/page?q=1", "http://page.test/dir/page"]
PLAIN_HEADS = ["", '<base href="http://base.test/b/c">']
HEADS = [
    *PLAIN_HEADS,
    '<base href="https://base.test/b/c?d#e">',
    '<base href="/up/">',
    '<base href="deeper/">',
    '<base href="">',
    '<base href="//base.test">',
    '<base target="_top">',
    '<base target="_top"><base href="/first/"><base href="/second/">',
    '<base href="https://["><base href="/second/">',
    '<base href="data:text/html,x">',
    '<base href="javascript:x">',
    '<base href="mailto:a@b.test">',
    '<base href=" HTTP://BASE.TEST:80/x/\n">',
]
CORE: list[str | None] = [None, "", " ", "#", "#deel", "?x=1", "send", "../send", "/post", "//h.test/p", "https:send", "http:send", "http://h.test/p", "https://h.test/p"]  # fmt: skip
ACTIONS: list[str | None] = [
    *CORE,
    "\t", "\n", ".", "..", "./", "../../../../x", "a/./b/../c", "a//b", "//", "///h.test/p", "/\\h.test/p", "\\\\h.test\\p", "\\post",
    "?", "?a=b&c=d", "?a b", "#a b", "?é", "?<>\"'`", "send#deel", "send?x#deel", "a b", "a\tb", "ht\ntp://h.test/p", " http://h.test/p ",
    "\x01http://h.test/p", "http:\\\\h.test\\p", "http:/h.test/p", "http:h.test/p", "http:///h.test/p", "https:/h.test/p", "https:h.test/p", "https:///h.test",
    "HTTP://H.TEST/P", "HtTpS://h.test:443/p", "http://h.test:80/p", "http://h.test:443/p", "https://h.test:80/p", "https://h.test:/p", "https://h.test:8443/p",
    "https://h.test:99999/", "https://h.test:x/", "https://h.test./p", "https://h..test/", "https://.test/", "https://fryslân.test/p", "https://xn--frysln-0ta.test/p",
    "https://xn--a.test/", "https://ＧＥＭ．test/", "https://faß.test/", "https://u:p@h.test/p", "https://@h.test/", "https://h.test@evil.test/", "https://u:p@:1/",
    "https://%68.test/", "https://%00.test/", "https://h%2ftest/", "https://h test/", "https://h<test/", "http://[", "http://[::1]/p", "http://[::1", "http://127.1/p",
    "http://0x7f.1/", "http://256.1.1.1/", "https://", "https:", "http://?", "https://#", "/%7Ea/%2e%2E/b", "/a%zz", "/é", "/a|b{c}^", "/;a=b,c!(d)*", "/a'b",
    "javascript:void(0)", "JavaScript:void(0)", " java\nscript:void(0)", "mailto:info@h.test", "MAILTO:info@h.test?subject=a b", "tel:0123", "ftp://h.test/p",
    "data:text/html,x", "blob:https://h.test/0", "about:blank", "ws://h.test/p", "file:///etc/x", "view-source:https://h.test/", "urn:x:y", "x:", ":", "1:2", "é:x",
    "[voer url in]", "{{ action }}", "%", "%20", "null", "undefined", "_self", "www.h.test/p", "h.test:8080/p", "localhost:80", "|", "~x", "!x",
]  # fmt: skip
METHODS = [None, "", "get", "GET", "post", "POST", "Post", "dialog", "DIALOG", "put", " post", "post ", "delete", "ﬁ"]
ENCTYPES = [
    None,
    "",
    "text/plain",
    "TEXT/PLAIN",
    "multipart/form-data",
    "application/x-www-form-urlencoded",
    "application/json",
    " text/plain",
]
CONTROLS = [
    "<button>", '<button type="">', "<button type=submit>", "<button type=SUBMIT>", "<button type=button>", "<button type=reset>", "<button type=menu>",
    "<button type=image>", "<button type=' submit'>", "<button type=' button'>", "<button type=x>", "<input type=submit>", "<input type=image>", "<input type=button>",
    "<input type=reset>", "<input type=SUBMIT>", "<input type='submit '>", "<input>",
]  # fmt: skip


def attribute(name: str, value: str | None) -> str:
    return "" if value is None else f'{name}="{html.escape(value)}"'


class Browser:
    """One page whose every request is answered here."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.content = ""
        self.answers: list[asyncio.Future[None]] = []
        self.at = ""
        self.document = ""
        """The address to answer with the content; empty once that is done."""
        self.seen: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    async def listen(self) -> None:
        session = await self.page.context.new_cdp_session(self.page)
        session.on("Fetch.requestPaused", lambda event: self.answers.append(asyncio.ensure_future(self.answer(session, event))))
        await session.send("Fetch.enable", {"patterns": [{"urlPattern": "*"}]})

    async def answer(self, session: CDPSession, event: dict[str, Any]) -> None:
        told: dict[str, Any] = {"requestId": event["requestId"], "responseCode": 204}
        if self.document:
            self.document = ""
            body = base64.b64encode(self.content.encode()).decode()
            told |= {"responseCode": 200, "body": body, "responseHeaders": [{"name": "Content-Type", "value": "text/html; charset=utf-8"}]}
        elif event["resourceType"] == "Document":
            self.seen.put_nowait((event["request"]["method"], event["request"]["url"]))
        await session.send("Fetch.fulfillRequest", told)

    async def open(self, document: str, content: str) -> None:
        self.at = self.document = document
        self.content = START + content.removeprefix(START)
        try:
            await self.page.goto(document)
        except Error:  # a form that led to about:blank was still on its way
            await asyncio.sleep(PATIENCE)
            self.document = document
            await self.page.goto(document)

    async def after(self, script: str, argument: int) -> tuple[str, str] | None:
        """Method and address of the request that a script leads to; None when it makes none."""
        await asyncio.wait_for(self.page.evaluate(script, argument), 5)
        try:
            return await asyncio.wait_for(self.seen.get(), PATIENCE)
        except TimeoutError:
            # Addresses that need no request, such as about:blank, lead away from the page under test.
            await self.open(self.at, self.content)
            return None


async def addresses(browser: Browser) -> list[dict[str, Any]]:
    found = []
    for document in DOCUMENTS:
        for head in HEADS:
            actions = ACTIONS if head in PLAIN_HEADS else CORE
            forms = "".join(
                f"<form method=post {attribute('action', a)}><button {attribute('formaction', a)}></button>"
                f"<input type=submit {attribute('formaction', a)}></form><a {attribute('href', a)}></a>"
                for a in actions
            )
            await browser.open(document, head + forms)
            told = await browser.page.evaluate(
                "() => Array.from(document.forms, f => [f.action, f.elements[0].formAction, f.elements[1].formAction, f.nextSibling.href])"
            )
            for i, (action, (form, button, control, link)) in enumerate(zip(actions, told, strict=True)):
                request = await browser.after("i => document.forms[i].submit()", i)
                by_button = await browser.after("i => document.forms[i].elements[0].click()", i)
                assert (button, by_button) == (control, request), (action, button, control, request, by_button)
                row = {"document": document, "head": head, "written": action, "action": form, "formaction": button, "href": link}
                found.append({**row, "request": request and request[1]})
            print(document, head, len(actions), flush=True)
    return found


async def methods(browser: Browser) -> list[dict[str, Any]]:
    found = []
    for own in (None, "post", "dialog"):
        for written in METHODS:
            await browser.open(
                DOCUMENTS[0],
                f"<form action=/p {attribute('method', written)}><input name=n><button></button></form>"
                f"<form action=/p {attribute('method', own)}><input name=n><button {attribute('formmethod', written)}></button></form>",
            )
            for i, name in enumerate(("method", "formmethod")):
                if name == "method" and own:
                    continue
                request = await browser.after("i => document.forms[i].elements[1].click()", i)
                found.append({"attribute": name, "written": written, "form": own if i else None, "request": request and request[0].lower()})
    return found


async def enctypes(browser: Browser) -> list[dict[str, Any]]:
    await browser.open(DOCUMENTS[0], "".join(f"<form {attribute('enctype', e)}></form>" for e in ENCTYPES))
    told = await browser.page.evaluate("() => Array.from(document.forms, f => f.enctype)")
    return [{"written": e, "enctype": t} for e, t in zip(ENCTYPES, told, strict=True)]


async def controls(browser: Browser) -> list[dict[str, Any]]:
    found = []
    for control in CONTROLS:
        await browser.open(DOCUMENTS[0], f"<form action=/p method=post>{control}</form>")
        request = await browser.after("() => document.forms[0].querySelector('button,input').click()", 0)
        found.append({"control": control, "submits": request is not None})
    return found


async def record(executable: str) -> str:
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=executable, args=FLAGS)
        page = await (await chromium.new_context(ignore_https_errors=True)).new_page()
        page.set_default_timeout(5_000)
        browser = Browser(page)
        await browser.listen()
        tables = {
            "addresses": await addresses(browser), "methods": await methods(browser), "enctypes": await enctypes(browser), "controls": await controls(browser),
        }  # fmt: skip
        about = {"browser": f"Chromium {chromium.version}", "recorded": f"{datetime.now(UTC):%Y-%m-%d}"}
        await chromium.close()
    lines = [f'"{name}": {json.dumps(value)}' for name, value in about.items()]
    lines += [f'"{name}": [\n' + ",\n".join(json.dumps(row, ensure_ascii=True) for row in rows) + "\n]" for name, rows in tables.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    Path(__file__).with_name("answers.json").write_text(asyncio.run(record(sys.argv[1])), "ascii")
