"""What must be right before the first request: checked once per run, for ``gemcrawl crawl`` and ``scrapy crawl`` alike.

Scrapy makes download handlers and pipelines after the spider, logs what they raise with a traceback and goes on without them; a whole
night without a handler would look like a night in which nobody answered.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from gemcrawl.exceptions import UsageError
from gemcrawl.fetch.connect_to import ConnectTo
from gemcrawl.fetch.guard import Guard
from gemcrawl.fetch.tls import strict_context
from gemcrawl.forms import vocabulary
from gemcrawl.places import place
from gemcrawl.registry.exclusions import Exclusions

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings


def check(settings: BaseSettings) -> None:
    """Checks connections and the name of the output.

    Raises:
        UsageError: one of them cannot be used; nothing has been written.
    """
    check_connections(settings)
    output = place(settings["GEMCRAWL_OUTPUT"])
    try:
        str(output.absolute()).encode()
    except UnicodeEncodeError:  # which the Parquet library cannot open
        raise UsageError(f"output {str(output)!a} is not UTF-8; name another with --output") from None


def check_connections(settings: BaseSettings) -> None:
    """Checks delay, connect-to rules, networks allowed, roots and the opt-out list; takes up a vocabulary of the user's own.

    Raises:
        UsageError: one of them cannot be used.
    """
    delay = settings.getfloat("DOWNLOAD_DELAY")
    if not 0 < delay < float("inf"):
        raise UsageError(f"DOWNLOAD_DELAY {delay:g} is no number of seconds above zero; sites are never asked without a pause")
    ConnectTo(settings.getlist("GEMCRAWL_CONNECT_TO"))
    Guard(settings.getlist("GEMCRAWL_ALLOW_NET"))
    if ca_file := settings.get("GEMCRAWL_CA_FILE"):
        strict_context(Path(ca_file))
    Exclusions.read(settings.get("GEMCRAWL_EXCLUDE"))
    directory = settings.get("GEMCRAWL_VOCABULARY")
    vocabulary.use(Path(directory) if directory else None)
