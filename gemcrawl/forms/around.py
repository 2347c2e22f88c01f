"""What holds for the elements within another, from where it begins to where it ends, while a document is gone through in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from selectolax.lexbor import LexborNode

from gemcrawl.forms.fields import Group
from gemcrawl.forms.landmarks import Place
from gemcrawl.forms.raw import RawForm


class Context(NamedTuple):
    """What holds for everything inside an element."""

    place: Place = "main"
    main: bool = False
    sections: tuple[int, ...] = ()
    form: RawForm | None = None
    hidden: bool = False
    group: Group | None = None
    label: LexborNode | None = None
    noscript: bool = False


ROOT = Context()
NEVER = (-1, 0)
"""No element has this tag."""


@dataclass(slots=True, eq=False)
class _Open:
    """An element that changed the context of what is in it."""

    context: Context
    node: int
    end: tuple[int, int]
    """Tag and identity of the element at which it has ended."""


class Around:
    """The elements around the one that is looked at that changed the context, the innermost last."""

    def __init__(self) -> None:
        self._open = [_Open(ROOT, 0, NEVER)]

    @property
    def end(self) -> tuple[int, int]:
        """Tag and identity of the element at which the innermost ends."""
        return self._open[-1].end

    def enter(self, node: LexborNode, context: Context) -> None:
        """Opens an element that changes the context."""
        around = self._open[-1]
        end = _after(node, around.node)
        self._open.append(_Open(context, node.mem_id, around.end if end is NEVER else end))

    def leave(self) -> tuple[Context, tuple[int, int]]:
        """Closes the elements that end where the innermost ends; the context that holds from there, and where that ends."""
        end = self.end
        while self._open[-1].end == end:
            self._open.pop()
        return self._open[-1].context, self.end


def _after(node: LexborNode, around: int) -> tuple[int, int]:
    """Tag and identity of the element or comment that comes after an element with all its content; `NEVER` when none does within the one named `around`."""
    at: LexborNode | None = node
    while at is not None and at.mem_id != around:
        following = at.next
        while following is not None and following.is_text_node:
            following = following.next
        if following is not None:
            return following.tag_id, following.mem_id
        at = at.parent
    return NEVER
