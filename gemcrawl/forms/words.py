"""Words as they are compared everywhere: folding of text, and phrases with weights found in it.

Dutch, Frisian, English and German municipal pages write the same thing in many ways (``Ôfspraak``, ``E-mail adres *``, ``afspraak-maken``); all of
them are compared in one folded form.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache

MAX_TEXT = 2000
"""Characters of one text that are looked at; longer texts are cut."""

_NOTES = re.compile(r"\((?:verplicht|vereist|required|optioneel|optional|niet verplicht|pflichtfeld|ferplicht|verplicht veld)\)")
_EMAIL = re.compile(r"(?<![^\W_])e[\s_-]?(mail|post)")
_GLUE = re.compile(r"[\W_]+")
_STAR = "*"
_GAP = "..."
_KEY = 3


@lru_cache(maxsize=16384)
def fold(text: str) -> str:
    """Lower case, without accents, words separated by single spaces; ``e-mail`` and its variants become ``email``.

    Everything that is no letter or digit separates words, so that labels, names, paths and titles compare alike.  Remarks like ``(verplicht)``
    disappear.
    """
    text = text[:MAX_TEXT].casefold()
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text)
        if not text.isascii():
            text = "".join(c for c in text if not unicodedata.combining(c) and c not in "\u00ad\u200b\u200c\u200d\ufeff")
    if "(" in text:
        text = _NOTES.sub(" ", text)
    if "mail" in text or "post" in text:
        text = _EMAIL.sub(r"e\1", text)
    return _GLUE.sub(" ", text).strip()


def _fold_token(token: str) -> str:
    folded = fold(token.strip(_STAR)).replace(" ", r"\ ")
    return (r"\w*" if token.startswith(_STAR) else "") + folded + (r"\w*" if token.endswith(_STAR) else "")


class Lexicon:
    """Finds phrases in folded text, at word boundaries.

    A phrase is one or more words; ``*`` at the start or end of a word stands for any letters, and the word ``...`` for at most four words.  With
    `gaps_count`, phrases among the words that ``...`` stands for are found too: "vraag een terugbelafspraak aan" is about calling back.
    """

    __slots__ = ("_by_start", "_everywhere", "_gaps_count", "phrases")

    def __init__(self, phrases: Iterable[str], *, gaps_count: bool = False) -> None:
        self._gaps_count = gaps_count
        self.phrases: tuple[str, ...] = tuple(dict.fromkeys(phrases))
        self._by_start: dict[str, list[tuple[re.Pattern[str], str]]] = {}
        self._everywhere: list[tuple[str, re.Pattern[str], str]] = []
        """With the letters that a text must have for the phrase to be in it."""
        # Of phrases that end at the same place the more literal one is found.
        for phrase in sorted(self.phrases, key=lambda p: (_GAP in p, _STAR in p, -len(p))):
            # Folding comes before splitting so that "e-mail nieuwsbrief" is two words, as it is in folded text.
            parts = [(p if p == _GAP else _fold_token(p)) for p in _EMAIL.sub(r"e\1", phrase.casefold()).replace("-", " ").split()]
            pattern = ""
            for i, part in enumerate(parts):
                if part == _GAP:
                    pattern += r"(?:\ \w+){0,4}"
                else:
                    pattern += (r"\ " if i else "") + part
            entry = (re.compile(rf"{pattern}(?!\w)"), phrase)
            first = parts[0] if parts else ""
            key = first.split("\\", 1)[0]
            if not key:
                self._everywhere.append((fold(phrase.split()[0].strip(_STAR)), *entry))
            else:
                self._by_start.setdefault(key[:_KEY], []).append(entry)

    def find(self, text: str) -> list[str]:
        """Phrases in folded text, in text order: the longest at each place, and none that lies within another one found."""
        found: list[str] = []
        covered, gap = -1, False
        start = 0
        by_start = self._by_start
        everywhere = [(pattern, phrase) for letters, pattern, phrase in self._everywhere if letters in text]
        for word in text.split(" "):
            entries: Iterable[tuple[re.Pattern[str], str]] = by_start.get(word[:_KEY], ())
            # A first word shorter than the key, as in "ip*", can only be a phrase of its own when it is not a stem; stems have three letters.
            longest, best = 0, ""
            for pattern, phrase in (*entries, *everywhere) if everywhere else entries:
                match = pattern.match(text, start)
                if match is not None and match.end() > longest:
                    longest, best = match.end(), phrase
            if best and (longest > covered or (longest < covered and gap)):
                found.append(best)
                if longest > covered:
                    covered, gap = longest, self._gaps_count and _GAP in best
            start += len(word) + 1
        return found


class Phrases:
    """Phrases with weights: how strongly a text speaks for something.

    >>> Phrases({"afspraak maken": 5, "afspraak": 3, "afspraak wijzigen": -4}).score("Online afspraak maken")
    (5.0, 'afspraak maken')
    """

    __slots__ = ("_cache", "_lexicon", "_weights")

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._weights = {phrase: float(weight) for phrase, weight in weights.items()}
        self._lexicon = Lexicon(self._weights)
        self._cache: dict[str, tuple[float, str]] = {}

    def score(self, text: str) -> tuple[float, str]:
        """Weight of the best phrase plus that of the worst negative one, and the phrase that decided; ``(0.0, "")`` when there is none."""
        known = self._cache.get(text)
        if known is not None:
            return known
        best, worst, for_it, against = 0.0, 0.0, "", ""
        for phrase in self._lexicon.find(fold(text)):
            weight = self._weights[phrase]
            if weight > best:
                best, for_it = weight, phrase
            elif weight < worst:
                worst, against = weight, phrase
        total = best + worst
        result = (total, against if against and (total < 0 or not for_it) else for_it)
        if len(self._cache) >= 8192:
            self._cache.clear()
        self._cache[text] = result
        return result
