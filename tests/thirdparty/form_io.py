"""A page that Form.io's published renderer fills from a form's JSON, as its manual shows for forms without a server of Form.io."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.support.world import Reply, Route

PAGE = """<!doctype html><html lang="nl"><head><meta charset="utf-8"><title>Contact</title>
<link rel="stylesheet" href="/static/formio.form.min.css"><script src="/static/formio.form.min.js"></script></head>
<body><main><h1>Contact</h1><div id="formio"></div></main>
<script>Formio.createForm(document.getElementById('formio'), location.origin + '/formulieren/contact');</script></body></html>"""
CONTACT: dict[str, Any] = {
    "_id": "65f1d0f0c0ffee0000000001",
    "title": "Contactformulier",
    "name": "contact",
    "path": "contact",
    "type": "form",
    "display": "form",
    "components": [
        {"type": "textfield", "key": "achternaam", "label": "Achternaam", "input": True, "validate": {"required": True}},
        {"type": "email", "key": "antwoordAan", "label": "E-mailadres", "input": True, "validate": {"required": True}},
        {"type": "phoneNumber", "key": "bel", "label": "Telefoonnummer", "input": True, "inputMask": "9999999999"},
        {"type": "textarea", "key": "vraag", "label": "Uw vraag", "input": True, "validate": {"required": True}},
        {"type": "button", "key": "submit", "label": "Verzenden", "action": "submit", "input": True, "disableOnInvalid": False},
    ],
}


def site(package: Path) -> dict[str, Route]:
    """Paths of a site with the page at /contact."""
    return {
        "/contact": PAGE,
        "/formulieren/contact": Reply(json.dumps(CONTACT), headers={"Content-Type": "application/json"}),
        "/formulieren/contact/submission": Reply("", 500),
        "/static/formio.form.min.js": _file(package / "dist" / "formio.form.min.js", "text/javascript"),
        "/static/formio.form.min.css": _file(package / "dist" / "formio.form.min.css", "text/css"),
    }


def _file(path: Path, content_type: str) -> Route:
    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=await asyncio.to_thread(path.read_bytes), headers={"Content-Type": content_type})

    return answer
