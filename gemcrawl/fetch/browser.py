"""Finding a Chromium to render with; run as a module it says in one line what was found, or what will be missing."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from gemcrawl import settings

ON_PATH = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_OWN = ("chromium_headless_shell-*/*/headless_shell", "chromium_headless_shell-*/*/chrome-headless-shell*", "chromium-*/*/chrome*")
"""Where Playwright puts what it installs, below its folder: names vary with its versions."""


def find_browser() -> Path | None:
    """The browser to use: GEMCRAWL_CHROMIUM, else the one Playwright installed, else one on PATH; None when there is none."""
    if settings.GEMCRAWL_CHROMIUM:
        chosen = shutil.which(settings.GEMCRAWL_CHROMIUM)
        return Path(chosen) if chosen else None
    if own := _installed_by_playwright():
        return own
    for name in ON_PATH:
        if found := shutil.which(name):
            return Path(found)
    return None


def _installed_by_playwright() -> Path | None:
    """The newest browser that `playwright install` left behind, the lean one first."""
    chosen = getattr(settings, "GEMCRAWL_PLAYWRIGHT_BROWSERS", "")
    for folder in (Path(chosen),) if chosen else _folders():
        for pattern in _OWN:
            found = [path for path in folder.glob(pattern) if path.is_file() and shutil.which(path)]
            if found:
                return max(found, key=lambda path: _numbers(str(path.relative_to(folder))))
    return None


def _folders() -> tuple[Path, ...]:
    try:
        home = Path.home()
    except RuntimeError:  # a user without a home
        return ()
    return (home / ".cache/ms-playwright", home / "Library/Caches/ms-playwright")


def _numbers(text: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d{1,9}", text)]


def version_of(browser: Path) -> str:
    """What the browser says of itself, such as "Chromium 150.0.7000.1"; empty when it does not answer."""
    try:
        done = subprocess.run([browser, "--version"], capture_output=True, text=True, errors="replace", timeout=20, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r"\S.{0,60}?\d+(?:\.\d+){1,3}", done.stdout[:2000])
    return found[0] if done.returncode == 0 and found else ""


def main() -> None:
    """Tells on standard error; never fails, since everything but rendering works without a browser."""
    found = find_browser()
    if found is None:
        sys.stderr.write(
            "no Chromium found (GEMCRAWL_CHROMIUM, Playwright's, PATH): forms that only scripts build will be told as not tested; "
            "on Debian: apt-get install chromium-headless-shell\n"
        )
    else:
        version = version_of(found)
        sys.stderr.write(f"browser: {found}{f' ({version})' if version else ''}\n")


if __name__ == "__main__":
    main()
