"""The friendly command: ``gemcrawl``."""

from __future__ import annotations

from gemcrawl.cli.app import main

__all__ = ["main"]
