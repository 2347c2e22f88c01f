"""gemcrawl: nightly survey of the transport security of Dutch municipal forms."""

from __future__ import annotations

__version__ = "0.1.0"
