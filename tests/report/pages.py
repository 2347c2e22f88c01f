"""Pages of a report, read as a browser reads them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

from selectolax.lexbor import LexborHTMLParser


def read(path: Path) -> LexborHTMLParser:
    return LexborHTMLParser(path.read_bytes())


def text(path: Path) -> str:
    """The words of a page, white space folded."""
    body = read(path).body
    assert body is not None
    return " ".join(body.text(separator=" ").split())


def broken_links(report: Path) -> list[str]:
    """Links inside the report that lead to no page, or to no place on one."""
    pages = {path: read(path) for path in report.rglob("*.html")}
    ids = {path: {node.attributes["id"] for node in page.css("[id]")} for path, page in pages.items()}
    broken = []
    for path, page in pages.items():
        for node in page.css("a[href]"):
            href = node.attributes["href"] or ""
            if href.startswith(("http:", "https:")):
                continue
            file, _, fragment = href.partition("#")
            target = (path.parent / unquote(file)).resolve() if file else path
            if target not in pages or (fragment and fragment not in ids[target]):
                broken.append(f"{path.relative_to(report)}: {href}")
    return broken
