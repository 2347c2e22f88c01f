"""The pipeline that makes what sites wrote fit to be shown: rows are read with tools that print them as they are."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gemcrawl.items import Survey


class CleanPipeline:
    """Control characters, terminal escapes, bidirectional controls, line breaks and lone surrogates in every row become spaces."""

    async def process_item(self, item: Survey) -> Survey:
        """The item with clean rows; a row that is clean already stays the same object."""
        item.municipality = clean(item.municipality)
        item.forms = clean(item.forms)
        item.pages = clean(item.pages)
        item.hosts = clean(item.hosts)
        return item


def clean(value: Any) -> Any:
    """``value`` with every string in it printable (`str.isprintable`), and the space that this leaves folded."""
    if isinstance(value, str):
        return value if value.isprintable() else " ".join("".join(c if c.isprintable() else " " for c in value).split())
    if isinstance(value, (list, tuple)):
        cleaned = [clean(one) for one in value]
        changed = any(new is not old for new, old in zip(cleaned, value, strict=True))
        return type(value)(cleaned) if changed else value
    if is_dataclass(value) and not isinstance(value, type):
        found = {field.name: getattr(value, field.name) for field in fields(value)}
        changes = {name: new for name, old in found.items() if (new := clean(old)) is not old}
        return replace(value, **changes) if changes else value
    return value
