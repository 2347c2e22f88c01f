"""Words as a dialect spells them: told by their consonants, and by how much of the spelling is the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from functools import lru_cache

NEAR = 0.75
"""Share of the letters that must be the same in the same order."""
SHORTEST = 5
"""Letters; shorter words are like too many others."""
_SOUNDS = str.maketrans("cqz", "kks", "aeiouy")
_DOUBLE = re.compile(r"(.)\1+")


@lru_cache(maxsize=8192)
def _skeleton(word: str) -> str:
    """The consonants of a folded word by their sound, without a ``t`` at the end, which dialects drop."""
    return _DOUBLE.sub(r"\1", word.translate(_SOUNDS)).removesuffix("t")


def skeletons(words: Iterable[str]) -> dict[str, str]:
    """Words by their consonants, for `respelt`."""
    return {_skeleton(word): word for word in words}


def respelt(text: str, known: Mapping[str, str]) -> str | None:
    """Folded ``text`` with the words that are near-spellings of ``known`` ones written as those; None when it has none.

    >>> respelt("n aafspraok make", skeletons(["afspraak"]))
    'n afspraak make'
    """
    words = [_meant(word, known) for word in text.split(" ")]
    return " ".join(words) if words != text.split(" ") else None


def _meant(word: str, known: Mapping[str, str]) -> str:
    meant = known.get(_skeleton(word)) if len(word) >= SHORTEST else None
    if meant is None or SequenceMatcher(None, word.replace("c", "k"), meant.replace("c", "k")).ratio() < NEAR:
        return word
    return meant
