"""Where on a page an element stands, by its tag, role, id or class."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

Place = Literal["main", "nav", "header", "footer"]

LANDMARKS: dict[str, Place] = {"header": "header", "footer": "footer", "nav": "nav", "main": "main"}
ROLES: dict[str, Place] = {"banner": "header", "contentinfo": "footer", "navigation": "nav", "main": "main"}
IDS: dict[str, Place] = {
    "header": "header", "site-header": "header", "siteheader": "header", "page-header": "header", "topbar": "header", "top-bar": "header", "masthead": "header",
    "footer": "footer", "site-footer": "footer", "sitefooter": "footer", "page-footer": "footer", "colophon": "footer", "nav": "nav", "navbar": "nav", "menu": "nav", "main-menu": "nav", "mainmenu": "nav", "navigation": "nav", "hoofdmenu": "nav", "breadcrumb": "nav",
    "breadcrumbs": "nav", "main": "main", "content": "main", "main-content": "main", "maincontent": "main",
}  # fmt: skip
_ALERT = re.compile(r"(?:^|[\s_-])(?:alert|error|foutmelding|errormessage|error-page|melding)(?:$|[\s_-])")


@lru_cache(maxsize=8192)
def of_class(class_: str) -> tuple[Place | None, bool]:
    """What a class attribute says: the landmark that one of its first words names, and whether it is an alert."""
    place = next((IDS[word] for word in class_.lower().split()[:6] if word in IDS), None)
    return place, bool(_ALERT.search(class_))
