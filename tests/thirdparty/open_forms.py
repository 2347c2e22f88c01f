"""A real installation of Open Forms as its visitors meet it: the published SDK, and the public API in the shapes that the SDK reads.

Shapes after ``src/data/forms.ts`` and ``src/api-mocks`` of @open-formulieren/sdk 3.3.0 (EUPL-1.2), pages and addresses after the
installation manual of Open Forms.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from aiohttp import web

from tests.support.world import Reply, Route

TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".woff2": "font/woff2",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
CONTACT: list[dict[str, Any]] = [
    {"type": "content", "key": "uitleg", "html": "<p>Stel hier uw vraag.</p>"},
    {
        "type": "fieldset",
        "key": "gegevens",
        "label": "Uw gegevens",
        "components": [
            {"type": "textfield", "key": "voornaam", "label": "Voornaam", "autocomplete": "given-name", "validate": {"required": True}},
            {
                "type": "textfield",
                "key": "achternaam",
                "label": "Achternaam",
                "autocomplete": "family-name",
                "validate": {"required": True},
            },
            {
                "type": "columns",
                "key": "bereikbaar",
                "columns": [
                    {
                        "size": 6,
                        "components": [
                            {"type": "email", "key": "mail", "label": "Waar sturen we het antwoord heen?", "validate": {"required": True}}
                        ],
                    },
                    {"size": 6, "components": [{"type": "phoneNumber", "key": "bel", "label": "Waar kunnen we u bellen?"}]},
                ],
            },
        ],
    },
    {"type": "textarea", "key": "vraag", "label": "Uw vraag", "rows": 5, "autoExpand": False, "validate": {"required": True}},
    {"type": "textfield", "key": "intern", "label": "Kenteken", "hidden": True},
]
STEP = {"previousText": {"resolved": "Vorige"}, "saveText": {"resolved": "Opslaan"}, "nextText": {"resolved": "Volgende"}}
WRAPPER = """
for (const node of document.querySelectorAll('.open-forms-sdk-root')) {
  const {sdkModule, formId, baseUrl, basePath, cspNonce} = node.dataset;
  const {OpenForm} = await import(sdkModule);
  new OpenForm(node, {baseUrl, formId, basePath, CSPNonce: cspNonce}).init();
}
"""


def uuid(text: str) -> str:
    return str(uuid5(NAMESPACE_URL, text))


def installation(host: str, sdk: Path, forms: dict[str, dict[str, Any]], *, api: str | None = None) -> dict[str, Route]:
    """The paths of ``host``: its forms by slug (``name``, and what a form has instead of `form`'s defaults), their API, and the SDK.

    Args:
        api: origin of the API as pages name it, when it is not this host over https.
    """
    base = f"{api or f'https://{host}'}/api/v2/"
    paths: dict[str, Route] = {
        "/static/sdk-wrapper.mjs": Reply(WRAPPER, headers={"Content-Type": "text/javascript"}),
        "/api/v2/i18n/info": data({"languages": [{"code": "nl", "name": "Nederlands"}], "current": "nl"}),
        "/api/v2/i18n/formio/nl": data({}),
        "/api/v2/analytics/analytics-tools-config-info": data({"enableGovmetricAnalytics": False}),
        "/api/v2/submissions": data({"detail": "this would be a submission"}, status=500),
    }
    for file in sorted((sdk / "dist").rglob("*")):
        if file.suffix in TYPES and "esm" not in file.relative_to(sdk / "dist").parts:
            headers = {"Content-Type": TYPES[file.suffix], "Cache-Control": "max-age=3600"}
            paths[f"/static/sdk/{file.relative_to(sdk / 'dist').as_posix()}"] = _file(file, headers)
    for slug, own in forms.items():
        steps = own.get("components", {})
        described = {**form(base, slug, list(steps)), **{k: v for k, v in own.items() if k != "components"}}
        for reference in (slug, described["uuid"]):
            paths[f"/api/v2/forms/{reference}"] = data(described)
        for number, (name, components) in enumerate(steps.items()):
            path = f"/api/v2/forms/{described['uuid']}/steps/{uuid(slug + name)}"
            paths[path] = data(
                {"index": number, "slug": f"stap-{number}", "configuration": {"display": "form", "components": components}, "name": name}
            )
        for route in ("", "startpagina", "afspraak-maken/producten"):
            paths[f"/{slug}/{route}"] = page(slug, base)
    return paths


def page(slug: str, base: str) -> Reply:
    """The page of a form: an empty mount point, as Open Forms 3 and later serve it."""
    return Reply(f"""<!doctype html><html lang="nl" class="utrecht-document"><head><meta charset="utf-8"><title>Formulier</title>
<link href="/static/sdk/open-forms-sdk.css" rel="stylesheet"></head>
<body class="utrecht-page"><main><div class="open-forms-sdk-root" id="openforms-container"
 data-sdk-module="/static/sdk/open-forms-sdk.mjs" data-form-id="{slug}" data-base-url="{base}" data-base-path="/{slug}/"
 data-csp-nonce=""></div></main><script type="module" src="/static/sdk-wrapper.mjs"></script></body></html>""")


def form(base: str, slug: str, steps: list[str]) -> dict[str, Any]:
    """A form as its detail endpoint tells it."""
    own = uuid(slug)
    return {
        "uuid": own,
        "name": slug,
        "slug": slug,
        "url": f"{base}forms/{own}",
        "loginRequired": False,
        "loginOptions": [],
        "cosignLoginOptions": [],
        "cosignHasLinkInEmail": False,
        "autoLoginAuthenticationBackend": "",
        "translationEnabled": False,
        "paymentRequired": False,
        "showProgressIndicator": True,
        "showSummaryProgress": False,
        "maintenanceMode": False,
        "active": True,
        "submissionAllowed": "yes",
        "submissionLimitReached": False,
        "suspensionAllowed": True,
        "sendConfirmationEmail": True,
        "displayMainWebsiteLink": True,
        "submissionStatementsConfiguration": [],
        "submissionReportDownloadLinkTitle": "",
        "appointmentOptions": {"isAppointment": False, "supportsMultipleProducts": None},
        "literals": {name: {"resolved": text} for name, text in (
            ("beginText", "Formulier starten"), ("previousText", "Vorige pagina"), ("changeText", "Wijzigen"), ("confirmText", "Bevestigen"))},
        "introductionPageContent": "",
        "explanationTemplate": "",
        "requiredFieldsWithAsterisk": True,
        "resumeLinkLifetime": 7,
        "hideNonApplicableSteps": False,
        "newRendererEnabled": False,
        "steps": [
            {"uuid": uuid(slug + name), "slug": f"stap-{number}", "formDefinition": name, "index": number, "literals": STEP,
             "url": f"{base}forms/{own}/steps/{uuid(slug + name)}"}
            for number, name in enumerate(steps)
        ],
    }  # fmt: skip


def data(value: Any, status: int = 200) -> Reply:
    return Reply(json.dumps(value), status, headers={"Content-Type": "application/json"})


def _file(path: Path, headers: dict[str, str]) -> Callable[..., Any]:
    """Read when asked for: the SDK is many megabytes."""

    async def answer(_: web.BaseRequest) -> web.StreamResponse:
        return web.Response(body=await asyncio.to_thread(path.read_bytes), headers=headers)

    return answer
