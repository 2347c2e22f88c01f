"""What changed between two nights: pure comparison (`model`, `match`, `diff`), and reading and writing around it (`load`, `tables`)."""

from __future__ import annotations

from gemcrawl.compare.diff import compare
from gemcrawl.compare.model import BAD, CHANGES, Change, Diff, FormChange, FormState, Night, Second, TownChange, TownState

__all__ = ["BAD", "CHANGES", "Change", "Diff", "FormChange", "FormState", "Night", "Second", "TownChange", "TownState", "compare"]
