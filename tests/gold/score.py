"""How well reading a page agrees with what people said stands on it.

A case is a directory with ``page.html`` and ``page.toml``: ``url``, ``reason`` (why the page is there), ``language``, ``product``, ``traps`` and
one ``[[forms]]`` with ``kind`` and ``personal_data`` for every form, in document order.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from gemcrawl.forms import read_page
from gemcrawl.forms.page import PageForm
from gemcrawl.items import IN_SCOPE

GOLD = Path(__file__).parent


@dataclass(frozen=True)
class Labelled:
    """One form as labelled."""

    kind: str
    personal_data: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """One page of the gold set."""

    slug: str
    url: str
    reason: str
    language: str
    product: str
    traps: tuple[str, ...]
    forms: tuple[Labelled, ...]
    body: bytes

    def read(self) -> tuple[PageForm, ...]:
        return read_page(self.body, self.url).forms


@dataclass
class Count:
    """Right, invented and missed."""

    right: int = 0
    invented: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.invented) if self.right + self.invented else 1.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    @property
    def f1(self) -> float:
        both = 2 * self.right + self.invented + self.missed
        return 2 * self.right / both if both else 1.0


@dataclass
class Score:
    """Counts over many cases, and in words what went wrong."""

    kinds: dict[str, Count] = field(default_factory=dict)
    personal_data: Count = field(default_factory=Count)
    wrong: list[str] = field(default_factory=list)

    def table(self) -> str:
        """One line per kind, then personal data."""
        lines = [f"{'kind':<20}{'forms':>6}{'recall':>8}{'precision':>11}"]
        for kind in sorted(self.kinds, key=lambda k: (k not in IN_SCOPE, k)):
            count = self.kinds[kind]
            lines.append(f"{kind:<20}{count.right + count.missed:>6}{count.recall:>8.3f}{count.precision:>11.3f}")
        data = self.personal_data
        lines.append(f"personal data: F1 {data.f1:.3f} (recall {data.recall:.3f}, precision {data.precision:.3f})")
        return "\n".join(lines)


def cases(part: str) -> list[Case]:
    """Every case of ``tuning`` or ``frozen``, by name."""
    return [_case(path.parent) for path in sorted((GOLD / part).glob("*/page.toml"))]


def _case(folder: Path) -> Case:
    data = tomllib.loads((folder / "page.toml").read_text("utf-8"))
    forms = tuple(Labelled(f["kind"], tuple(f["personal_data"])) for f in data.get("forms", ()))
    traps = tuple(data.get("traps", ()))
    return Case(
        folder.name, data["url"], data["reason"], data["language"], data["product"], traps, forms, (folder / "page.html").read_bytes()
    )


def pairs(labelled: Iterable[Labelled], found: Iterable[PageForm]) -> list[tuple[Labelled | None, PageForm | None]]:
    """Labelled and found forms side by side: in document order where their number agrees, else first of a kind with first of that kind."""
    gold, read = list(labelled), list(found)
    if len(gold) == len(read):
        return list(zip(gold, read, strict=True))
    matched: list[tuple[Labelled | None, PageForm | None]] = []
    for form in gold:
        same = next((r for r in read if r.kind == form.kind), None)
        if same is not None:
            read.remove(same)
        matched.append((form, same))
    return matched + [(None, r) for r in read]


def score(all_cases: Iterable[Case]) -> Score:
    """Agreement over cases.  A kind counts per page, as the number of forms of that kind; personal data per form and category."""
    result = Score()
    for case in all_cases:
        found = case.read()
        gold_kinds, read_kinds = Counter(f.kind for f in case.forms), Counter[str](f.kind for f in found)
        for kind in gold_kinds | read_kinds:
            count = result.kinds.setdefault(kind, Count())
            both = min(gold_kinds[kind], read_kinds[kind])
            count.right += both
            count.invented += read_kinds[kind] - both
            count.missed += gold_kinds[kind] - both
        if gold_kinds != read_kinds:
            result.wrong.append(f"{case.slug}: kinds {[f.kind for f in case.forms]} read as {[f.kind for f in found]}")
        for form, read in pairs(case.forms, found):
            want, have = set(form.personal_data if form else ()), set(_seen(read))
            result.personal_data.right += len(want & have)
            result.personal_data.invented += len(have - want)
            result.personal_data.missed += len(want - have)
            if want != have:
                result.wrong.append(f"{case.slug}: data missed {sorted(want - have)} invented {sorted(have - want)}")
    return result


def _seen(form: PageForm | None) -> tuple[str, ...]:
    return form.personal_data if form is not None and form.personal_data_level == "seen" else ()
