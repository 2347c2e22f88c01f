"""The forms of a published snapshot, as a recheck wants to find them again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from gemcrawl.exceptions import OutputError, UsageError
from gemcrawl.items import IN_SCOPE, Finding, Kind, Verdict
from gemcrawl.places import read_table

if TYPE_CHECKING:
    from gemcrawl.places import Place

_FORMS = ["municipality", "form_id", "kind", "page_url", "entry_url", "depth", "frame_urls", "supplier", "verdict", "findings"]
_TOWNS = ["code", "name", "province", "website"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownForm:
    """One appointment or contact form, and the way to it."""

    municipality: str
    form_id: str
    kind: Kind
    page_url: str
    asked_url: str
    """The URL asked for when its outermost page was found, with the route within a single-page application."""
    entry_url: str | None
    depth: int
    frame_urls: tuple[str, ...]
    """Framing pages, outermost first."""
    supplier: str | None
    verdict: Verdict
    findings: tuple[Finding, ...]

    @property
    def document(self) -> str:
        """The page that a visitor opens: the outermost framing page, or the form's own."""
        return self.frame_urls[0] if self.frame_urls else self.page_url

    @property
    def has_findings(self) -> bool:
        """Whether something about it counts in a verdict."""
        return any(finding.weight != "note" for finding in self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTown:
    """One municipality with the forms that are to be found again."""

    code: str
    name: str
    province: str
    website: str
    forms: tuple[KnownForm, ...]


def known_towns(snapshot: Place, *, everything: bool = False, only: Sequence[str] = ()) -> tuple[KnownTown, ...]:
    """The municipalities of a snapshot with appointment or contact forms that have findings that count, by code.

    Args:
        snapshot: its directory.
        everything: forms without findings too.
        only: codes of municipalities; all when empty.

    Raises:
        UsageError: a code in ``only`` is not in the snapshot.
        OutputError: the snapshot cannot be read.
    """
    towns = {row["code"]: row for row in _rows(snapshot / "municipalities.parquet", _TOWNS)}
    if unknown := [code for code in only if code not in towns]:
        raise UsageError(f"{', '.join(unknown)}: not in the snapshot {snapshot.name.removeprefix('snapshot=')}, whose forms are rechecked")
    asked: dict[tuple[str, str], str] = {}
    for page in _rows(snapshot / "pages.parquet", ["municipality", "url", "final_url"]):
        asked.setdefault((page["municipality"], page["final_url"]), page["url"])
    forms: dict[str, list[KnownForm]] = defaultdict(list)
    for row in _rows(snapshot / "forms.parquet", _FORMS):
        code = row["municipality"]
        if row["kind"] not in IN_SCOPE or (only and code not in only):
            continue
        document = row["frame_urls"][0] if row["frame_urls"] else row["page_url"]
        form = KnownForm(
            **{
                **row,
                "frame_urls": tuple(row["frame_urls"]),
                "findings": tuple(Finding(**finding) for finding in row["findings"]),
                "asked_url": asked.get((code, document), document),
            }
        )
        if everything or form.has_findings:
            forms[code].append(form)
    return tuple(KnownTown(**towns[code], forms=tuple(forms[code])) for code in sorted(forms) if code in towns)


def _rows(path: Place, columns: list[str]) -> list[dict[str, Any]]:
    try:
        rows: list[dict[str, Any]] = read_table(path, columns).to_pylist()
    except (OSError, ValueError, pa.ArrowException) as error:
        raise OutputError(f"cannot read {path}: {' '.join(str(error).split())}") from None
    return rows
