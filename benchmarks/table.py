"""Tables in Markdown."""

from __future__ import annotations


class Table:
    """A table under a heading.

    Args:
        title: the heading.
        header: names of the columns; the first is text, the others are figures.
    """

    def __init__(self, title: str, header: tuple[str, ...], note: str = "") -> None:
        self._title, self._header, self._note = title, header, note
        self._rows: list[tuple[str, ...]] = []

    def add(self, *cells: str) -> None:
        """Adds a row."""
        self._rows.append(cells)

    def __str__(self) -> str:
        rule = ["---", *("---:" for _ in self._header[1:])]
        lines = [f"| {' | '.join(row)} |" for row in (self._header, rule, *self._rows)]
        return "\n".join([f"### {self._title}", "", *lines, *(["", self._note] if self._note else [])])
