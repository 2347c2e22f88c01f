"""What a crawl would do: ``gemcrawl crawl --dry-run``.  Reads, and neither asks nor writes anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.text import Text

from gemcrawl import durations

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console


def show_plan(console: Console, settings: Mapping[str, Any], *, only: str = "", as_of: str = "") -> None:
    """Prints municipalities, hosts, limits, output and the run that would be taken up.

    Raises:
        UsageError: what the crawl itself would refuse.
    """
    from scrapy.settings import Settings

    from gemcrawl.night import plan
    from gemcrawl.snapshot.lock import holder
    from gemcrawl.snapshot.parts import Parts

    merged = Settings()
    merged.setmodule("gemcrawl.settings", priority="project")
    merged.setdict(dict(settings), priority="cmdline")
    planned = plan(merged, only=tuple(code.strip() for code in only.split(",") if code.strip()), as_of=as_of)
    done: set[str] = set()
    if planned.resumed is not None:
        done = Parts(planned.output / "runs" / planned.resumed.run_id).codes()
    todo = [entry for entry in planned.registry.entries if entry.code not in done]

    def line(name: str, value: object) -> None:
        console.print(Text(f"{name + ':':<18}{value}"), soft_wrap=True)

    what = "the whole register" if planned.whole else f"a selection of {planned.registry.rows}"
    line("municipalities", f"{len(todo)} to survey, {len(planned.registry.entries) - len(todo)} surveyed already ({what})")
    line("register", f"{planned.registry.source}, as of {planned.registry.as_of}")
    line("run", f"take up {planned.resumed.run_id}" if planned.resumed is not None else "a new one")
    if planned.note:
        line("", planned.note)
    line("output", planned.output.absolute())
    line("lock", "free" if (held := holder(planned.output)) is None else f"held by {held}")
    line("per municipality", f"at most {merged['GEMCRAWL_MAX_PAGES']} pages, {merged['GEMCRAWL_SITE_SECONDS']} s")
    rendered = f"at most {merged['GEMCRAWL_RENDER_PAGES']} pages" if merged.getbool("GEMCRAWL_RENDER") else "nothing"
    line("rendered", f"{rendered} per municipality")
    line(
        "pace", f"{merged['DOWNLOAD_DELAY']} s between requests to one server, {merged['GEMCRAWL_CONCURRENT_SITES']} municipalities at once"
    )
    line("deadline", durations.shown(planned.deadline) if planned.deadline is not None else "none")
    line("user agent", merged["USER_AGENT"])
    line("starts at", "")
    for entry in todo:
        console.print(Text(f"  {entry.code}  https://{entry.website}/  {entry.name}"), soft_wrap=True)
