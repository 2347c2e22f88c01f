"""The same pipeline, made to read every page of a site up to its budget, as a bare spider does; otherwise like `benchmarks.survey`.

    python -m benchmarks.everything SETTINGS

gemcrawl stops at four pages or so, when both forms are found; what it costs per site (handshakes, robots.txt, probes, judging, a part) then
hides what it costs per page.  Here the frontier wants everything, and nothing else is changed.
"""

from __future__ import annotations

from benchmarks import survey
from gemcrawl.survey import explore, follow, frontier


def main() -> None:
    frontier.WEAK = follow.WEAK = -100.0
    frontier.PER_PATTERN = 1_000_000
    frontier.Wanted.wants = lambda self, candidate: True  # type: ignore[method-assign]
    explore.SITEMAP = explore.GUESSED_SITEMAP = -1.0
    survey.main()


if __name__ == "__main__":
    main()
