"""Telling those who can mend it: messages ready to send, a record of when notice was given, and what an embargo leaves out meanwhile."""

from __future__ import annotations

from gemcrawl.notify.embargo import Embargo, Split, embargo_of

__all__ = ["Embargo", "Split", "embargo_of"]
