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


class _Phrase:
    """One phrase with a stem or a gap; its expression is compiled when a text first has the phrase's first word."""

    __slots__ = ("_pattern", "phrase", "source")

    def __init__(self, phrase: str, tokens: list[str]) -> None:
        self.phrase = phrase
        self.source = "".join(r"(?: \w+){0,4}" if t == _GAP else (" " if i else "") + _expression(t) for i, t in enumerate(tokens))
        self._pattern: re.Pattern[str] | None = None

    def end(self, text: str, start: int) -> int:
        """Where the phrase ends that begins at `start`; -1 when it does not begin there."""
        if self._pattern is None:
            self._pattern = re.compile(rf"{self.source}(?!\w)")
        match = self._pattern.match(text, start)
        return match.end() if match is not None else -1


def _expression(token: str) -> str:
    folded = fold(token.strip(_STAR))
    return (r"\w*" if token.startswith(_STAR) else "") + folded + (r"\w*" if token.endswith(_STAR) else "")


class Lexicon:
    """Finds phrases in folded text, at word boundaries.

    A phrase is one or more words; ``*`` at the start or end of a word stands for any letters, and the word ``...`` for at most four words.  A stem has
    at least three letters.  With `gaps_count`, phrases among the words that ``...`` stands for are found too: "vraag een terugbelafspraak aan" is about
    calling back.
    """

    __slots__ = ("_endings", "_gaps_count", "_literal", "_open", "_stems", "phrases")

    def __init__(self, phrases: Iterable[str], *, gaps_count: bool = False) -> None:
        self._gaps_count = gaps_count
        self.phrases: tuple[str, ...] = tuple(dict.fromkeys(phrases))
        self._literal: dict[str, list[tuple[str, str]]] = {}
        """Phrases of plain words by their first one, the longest first."""
        self._open: dict[str, list[_Phrase]] = {}
        """Phrases whose first word is plain and that have a stem or gap after it, by that word."""
        self._stems: dict[str, list[_Phrase]] = {}
        """Phrases that begin with a stem, by its first letters."""
        self._endings: list[tuple[str, _Phrase]] = []
        """Phrases that begin with any letters, with the letters that a text must have."""
        # Of phrases that end at the same place the more literal one is found, and of those the longest.
        for phrase in sorted(self.phrases, key=lambda p: (_GAP in p, _STAR in p, -len(p))):
            self._add(phrase)

    def _add(self, phrase: str) -> None:
        if _GAP not in phrase and _STAR not in phrase:
            folded = fold(phrase)
            same = self._literal.setdefault(folded.partition(" ")[0], [])
            same.append((folded, phrase))
            same.sort(key=lambda entry: -len(entry[0]))
            return
        # Folding comes before splitting so that "e-mail nieuwsbrief" is two words, as it is in folded text.
        tokens = _EMAIL.sub(r"e\1", phrase.casefold()).replace("-", " ").split()
        entry, first = _Phrase(phrase, tokens), tokens[0]
        letters = fold(first.strip(_STAR))
        if first.startswith(_STAR):
            self._endings.append((letters, entry))
        elif first.endswith(_STAR):
            self._stems.setdefault(letters[:_KEY], []).append(entry)
        else:
            self._open.setdefault(letters.partition(" ")[0], []).append(entry)

    def find(self, text: str) -> list[str]:
        """Phrases in folded text, in text order: the longest at each place, and none that lies within another one found."""
        found: list[str] = []
        covered, gap = -1, False
        start, size = 0, len(text)
        literal, open_, stems = self._literal, self._open, self._stems
        endings = [entry for letters, entry in self._endings if letters in text]
        for word in text.split(" "):
            longest, best = 0, ""
            for folded, phrase in literal.get(word, ()):
                end = start + len(folded)
                if text.startswith(folded, start) and (end == size or text[end] == " "):
                    longest, best = end, phrase
                    break
            for entries in (open_.get(word, ()), stems.get(word[:_KEY], ()), endings):
                for entry in entries:
                    end = entry.end(text, start)
                    if end > longest:
                        longest, best = end, entry.phrase
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
