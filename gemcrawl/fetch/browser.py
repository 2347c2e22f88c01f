"""Finding a Chromium to render with; run as a module it says in one line what was found, or what will be missing."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from gemcrawl.settings import GEMCRAWL_CHROMIUM

ON_PATH = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_browser() -> Path | None:
    """The browser to use: GEMCRAWL_CHROMIUM, else one on PATH; None when there is none."""
    if GEMCRAWL_CHROMIUM:
        chosen = shutil.which(GEMCRAWL_CHROMIUM)
        return Path(chosen) if chosen else None
    for name in ON_PATH:
        if found := shutil.which(name):
            return Path(found)
    return None


def main() -> None:
    """Tells on standard error; never fails, since everything but rendering works without a browser."""
    found = find_browser()
    if found is None:
        sys.stderr.write(
            "no Chromium found (GEMCRAWL_CHROMIUM, PATH): forms that only scripts build will be told as not tested; "
            "on Debian: apt-get install chromium-headless-shell\n"
        )
    else:
        sys.stderr.write(f"browser: {found}\n")


if __name__ == "__main__":
    main()
