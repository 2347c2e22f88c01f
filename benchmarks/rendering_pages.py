"""Pages as the products build them that leave the form to the browser: published frameworks, whole as they are shipped, in a town's dress.

| page | after (forms of Dutch municipalities) | built by | scripts, styles and fonts, KB |
|---|---|---|---:|
| ``/form`` | form platforms upon Form.io | Form.io 5 | 1,475 + 45 + 56 |
| ``/book`` | Qmatic Web Booking | Vue 3, Vuetify 3, Material Design Icons | 902 + 887 + 459 |
| ``/plan`` | JCC-Afspraken | Aurelia 1 | 265 + 3 + 56 |

Each asks its services for data by GET before it shows anything, and has a logo, a photograph, three faces of a text font and the statistics
of another host, whose script counts the visit by an image and a beacon.
"""

from __future__ import annotations

import gzip
import json
import random
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

KINDS = ("form", "book", "plan")
STATISTICS = "statistiek.test"
_YEAR = "public, max-age=31536000, immutable"
_FIELDS = (
    ("naam", "Naam", "text"),
    ("mail", "E-mailadres", "email"),
    ("telefoon", "Telefoonnummer", "tel"),
    ("postcode", "Postcode", "text"),
    ("vraag", "Uw vraag", "textarea"),
)
_PRODUCTS = ("Paspoort", "Identiteitskaart", "Rijbewijs", "Verhuizing doorgeven", "Uittreksel BRP", "Geboorteaangifte", "Huwelijk", "VOG")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a path answers."""

    body: bytes
    content_type: str
    cache: str = "no-cache"
    zipped: bool = False

    @classmethod
    def text(cls, text: str | bytes, content_type: str, cache: str = "no-cache") -> Answer:
        """Compressed, as servers send text."""
        body = text.encode() if isinstance(text, str) else text
        return cls(gzip.compress(body, 6, mtime=0), content_type, cache, zipped=True)


def site(packages: dict[str, Path]) -> dict[str, Answer]:
    """Every path, the same on each host.

    Args:
        packages: folders of the unpacked packages of rendering_packages.json.
    """
    formio, vuetify, icons = packages["@formio/js"] / "dist", packages["vuetify"] / "dist", packages["@mdi/font"]
    faces = packages["@fontsource/open-sans"] / "files"
    scripts = {
        "/static/formio.js": formio / "formio.form.min.js",
        "/static/vue.js": packages["vue"] / "dist" / "vue.global.prod.js",
        "/static/vuetify.js": vuetify / "vuetify.min.js",
        "/static/aurelia.js": packages["aurelia-script"] / "dist" / "aurelia_router.umd.min.js",
    }
    styles = {
        "/static/formio.css": formio / "formio.form.min.css",
        "/static/vuetify.css": vuetify / "vuetify.min.css",
        "/static/css/icons.css": icons / "css" / "materialdesignicons.min.css",
    }
    fonts = {
        "/static/fonts/materialdesignicons-webfont.woff2": icons / "fonts" / "materialdesignicons-webfont.woff2",
        **{f"/static/fonts/open-sans-{weight}.woff2": faces / f"open-sans-latin-{weight}-normal.woff2" for weight in (400, 600, 700)},
    }
    found = {path: Answer.text(file.read_bytes(), "text/javascript", _YEAR) for path, file in scripts.items()}
    found |= {path: Answer.text(file.read_bytes(), "text/css", _YEAR) for path, file in styles.items()}
    found |= {path: Answer(file.read_bytes(), "font/woff2", _YEAR) for path, file in fonts.items()}
    found |= {
        "/static/town.css": Answer.text(_TOWN, "text/css", _YEAR),
        "/static/logo.png": Answer(_picture(240, 80, 2), "image/png", _YEAR),
        "/static/townhall.png": Answer(_picture(1280, 320, 5), "image/png", _YEAR),
        "/static/form-app.js": Answer.text(_FORM, "text/javascript", _YEAR),
        "/static/book-app.js": Answer.text(_BOOK, "text/javascript", _YEAR),
        "/static/plan-app.js": Answer.text(_PLAN, "text/javascript", _YEAR),
        "/appsettings.json": _data({"api": "/api", "language": "nl", "theme": "town"}),
        "/api/products": _data([{"id": number, "name": name} for number, name in enumerate(_PRODUCTS)]),
        "/api/fields": _data([{"key": key, "label": label, "type": kind} for key, label, kind in _FIELDS]),
        "/formulieren/contact": _data(_formio_form()),
        "/statistics.js": Answer.text(_STATISTICS, "text/javascript", "max-age=3600"),
        "/visit.gif": Answer(b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,"
                             b"\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x01D\x00;", "image/gif", "no-store"),
    }  # fmt: skip
    return found | {f"/{kind}": Answer.text(_page(kind), "text/html; charset=utf-8", "no-store") for kind in KINDS}


def _data(value: object) -> Answer:
    return Answer.text(json.dumps(value), "application/json")


def _page(kind: str) -> str:
    styles = {"form": ("formio.css",), "book": ("vuetify.css", "css/icons.css"), "plan": ()}[kind]
    scripts = {"form": ("formio.js",), "book": ("vue.js", "vuetify.js"), "plan": ("aurelia.js",)}[kind]
    head = "".join(f"<link rel=stylesheet href=/static/{name}>" for name in (*styles, "town.css"))
    tail = "".join(f"<script src=/static/{name}></script>" for name in (*scripts, f"{kind}-app.js"))
    return f"""<!doctype html><html lang=nl><head><meta charset=utf-8><meta name=viewport content="width=device-width">
<title>Contact - Gemeente Voorbeeld</title>{head}<script async src=https://{STATISTICS}/statistics.js></script></head>
<body><header><a href=/><img src=/static/logo.png alt="Gemeente Voorbeeld" width=240 height=80></a>
<nav><a href=/wonen>Wonen</a> <a href=/burgerzaken>Burgerzaken</a> <a href=/contact>Contact</a></nav></header>
<img src=/static/townhall.png alt="" width=1280 height=320><main><h1>Contact</h1><div id=app></div></main>
<footer><p>Gemeente Voorbeeld, Raadhuisplein 1</p></footer>{tail}</body></html>"""


def _formio_form() -> dict[str, object]:
    kinds = {"text": "textfield", "email": "email", "tel": "phoneNumber", "textarea": "textarea"}
    fields = [{"type": kinds[kind], "key": key, "label": label, "input": True} for key, label, kind in _FIELDS]
    send = {"type": "button", "key": "submit", "label": "Verzenden", "action": "submit", "input": True}
    return {
        "_id": "65f1d0f0c0ffee0000000001",
        "title": "Contact",
        "name": "contact",
        "path": "contact",
        "type": "form",
        "display": "form",
        "components": [*fields, send],
    }


def _picture(width: int, height: int, grain: int) -> bytes:
    """A PNG that compresses as badly as a photograph: a gradient with ``grain`` bits of noise."""
    noise = random.Random(width)
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        grains = noise.randbytes(3 * width)
        rows += bytes(((x + y) // 8 % 128) + (grains[x] >> (8 - grain)) for x in range(3 * width))
    parts = ((b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(bytes(rows), 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in parts)


_TOWN = """
@font-face { font-family: "Open Sans"; font-weight: 400; src: url(/static/fonts/open-sans-400.woff2) format("woff2"); }
@font-face { font-family: "Open Sans"; font-weight: 600; src: url(/static/fonts/open-sans-600.woff2) format("woff2"); }
@font-face { font-family: "Open Sans"; font-weight: 700; src: url(/static/fonts/open-sans-700.woff2) format("woff2"); }
body { font: 400 16px/1.5 "Open Sans", sans-serif; margin: 0; color: #222; }
header { display: flex; gap: 2rem; padding: 1rem; border-bottom: 4px solid #154273; }
h1 { font-weight: 700; } nav a, label { font-weight: 600; } main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
label { display: block; } input, textarea { font: inherit; padding: .4rem; border: 1px solid #555; }
.spinner { width: 40px; height: 40px; border: 4px solid #ccc; border-top-color: #154273; border-radius: 50%; animation: turn 1s linear infinite; }
@keyframes turn { to { transform: rotate(360deg); } }
"""
_FORM = """
document.getElementById("app").innerHTML = '<div class="spinner"></div>';
fetch("/appsettings.json").then((answer) => answer.json()).then((settings) =>
  Formio.createForm(document.getElementById("app"), location.origin + "/formulieren/contact"));
"""
_BOOK = """
const { createApp, ref, onMounted } = Vue;
const App = {
  setup() {
    const fields = ref([]), products = ref([]), ready = ref(false);
    onMounted(async () => {
      const settings = await (await fetch("/appsettings.json")).json();
      [products.value, fields.value] = await Promise.all(["/products", "/fields"].map(async (path) => (await fetch(settings.api + path)).json()));
      ready.value = true;
    });
    return { fields, products, ready };
  },
  template: `<v-app><v-container><v-progress-circular v-if="!ready" indeterminate></v-progress-circular>
    <v-card v-else title="Uw gegevens"><v-card-text><v-form>
    <v-radio-group label="Waarvoor komt u?"><v-radio v-for="p in products" :key="p.id" :label="p.name" :value="p.id"></v-radio></v-radio-group>
    <template v-for="f in fields" :key="f.key"><v-textarea v-if="f.type === 'textarea'" :label="f.label" :name="f.key"></v-textarea>
    <v-text-field v-else :label="f.label" :name="f.key" :type="f.type" prepend-inner-icon="mdi-account"></v-text-field></template>
    <v-btn type="submit" color="primary">Volgende</v-btn></v-form></v-card-text></v-card></v-container></v-app>`,
};
createApp(App).use(Vuetify.createVuetify()).mount("#app");
"""
_PLAN = """
document.getElementById("app").innerHTML = '<div class="spinner"></div>';
const get = async (path) => (await fetch(path)).json();
get("/appsettings.json").then(async (settings) => {
  const [products, fields] = await Promise.all([get(settings.api + "/products"), get(settings.api + "/fields")]);
  const host = document.getElementById("app");
  host.innerHTML = `<ul id="activity-item-list"><li repeat.for="p of products"><button type="button">\\${p.name}</button></li></ul>
    <form><div repeat.for="f of fields"><label for="field_\\${$index}_0">\\${f.label}</label>
    <textarea if.bind="f.type === 'textarea'" id="field_\\${$index}_0" value.bind="f.value"></textarea>
    <input else type.bind="f.type" id="field_\\${$index}_0" value.bind="f.value"></div>
    <button id="next-button">Ga verder naar stap 2</button></form>`;
  await au.enhance({ host, root: { products, fields } });
});
"""
_STATISTICS = """
new Image().src = "https://STATISTICS/visit.gif?page=" + encodeURIComponent(location.href);
navigator.sendBeacon("https://STATISTICS/visit", JSON.stringify({ at: Date.now(), width: innerWidth }));
""".replace("STATISTICS", STATISTICS)
