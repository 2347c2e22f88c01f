"""The register of municipalities: who exists on a date, and where their website is."""

from __future__ import annotations

from gemcrawl.registry.load import Entry, Registry, load, successors

__all__ = ["Entry", "Registry", "load", "successors"]
