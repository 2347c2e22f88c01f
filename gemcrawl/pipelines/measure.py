"""Asks what the survey of a municipality did not need but a judgement does; all of it quietly, and what the network spoilt a second time.

In this order: TLS inventories start, of hosts that already answered; meanwhile the http twins of form pages and the hosts that were not met
on the way; then each address of a host; and last, after a pause, once more whatever got no answer.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from gemcrawl.exceptions import Interrupted
from gemcrawl.fetch.connect_to import ConnectTo
from gemcrawl.fetch.guard import Guard
from gemcrawl.fetch.resolver import Resolver
from gemcrawl.fetch.turns import turns_of
from gemcrawl.items import IN_SCOPE
from gemcrawl.sites import site_of
from gemcrawl.survey.urls import http_twin, split
from gemcrawl.survey.visit import Visitor
from gemcrawl.transport import parties
from gemcrawl.transport.aia import Issuers
from gemcrawl.transport.certificates import examine
from gemcrawl.transport.hosts import policy_of
from gemcrawl.transport.probe import Asker, Limits, Prober, broken_off, guarded

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from gemcrawl.items import Reason, Survey
    from gemcrawl.spiders.forms import FormsSpider
    from gemcrawl.transport.facts import Inventory, Route, Seen, Way
    from gemcrawl.transport.hsts import Policy
    from gemcrawl.transport.trust import TrustStore

SPACING = 0.2
"""Delays between two handshakes with one server, unless GEMCRAWL_PROBE_SPACING says how many seconds: a handshake is less work than a page."""
BACK_OFF = 5
"""Spacings to wait before a handshake that was cut off is tried once more."""
PAUSE = 25
"""Spacings to wait before what failed is asked once more, unless GEMCRAWL_CONFIRM_PAUSE says how many seconds."""
MOST_HOSTS = 40
"""Hosts of one municipality that are measured; a page has room for thousands, each good for minutes of waiting."""
CONFIRM_SECONDS = 120.0
"""For all second tries of one municipality, beyond its own budget of time."""
_NETWORK: frozenset[Reason] = frozenset({"dns", "refused", "timeout", "reset"})
_AT_PORT_80: frozenset[Reason] = frozenset({"dns", "timeout", "reset"})
"""A closed port 80 is an answer."""

Inventories = dict[str, dict[str, "Inventory"]]
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Doubts:
    """What got no answer for a reason that may have passed."""

    https: list[str] = field(default_factory=list)
    """Hosts."""
    twins: list[str] = field(default_factory=list)
    """URLs."""
    inventories: list[str] = field(default_factory=list)
    """Hosts."""

    def __bool__(self) -> bool:
        return bool(self.https or self.twins or self.inventories)


class Measurer:
    """Measures on behalf of all municipalities of a crawl: what several of them share is asked once."""

    def __init__(self, crawler: Crawler, trust: TrustStore) -> None:
        settings = crawler.settings
        self._crawler, self._trust = crawler, trust
        self._issuers = Issuers(trust, self._fetch_issuer)
        spacing = settings.get("GEMCRAWL_PROBE_SPACING")
        self.spacing = SPACING * settings.getfloat("DOWNLOAD_DELAY") if spacing is None else float(spacing)
        pause = settings.get("GEMCRAWL_CONFIRM_PAUSE")
        self._pause = PAUSE * self.spacing if pause is None else float(pause)
        self._resolver: Resolver | None = None
        self._prober: Prober | None = None
        self._asker: Asker | None = None
        self._asked_again: set[str] = set()
        self._second_round = False

    def open(self) -> None:
        """Gets ready, inside the event loop."""
        settings = self._crawler.settings
        if settings.getbool("GEMCRAWL_TLS_INVENTORY"):
            self._resolver = Resolver(ConnectTo(settings.getlist("GEMCRAWL_CONNECT_TO")))
            guard = Guard(settings.getlist("GEMCRAWL_ALLOW_NET"))
            ca_file = settings.get("GEMCRAWL_CA_FILE")
            headers = {"User-Agent": settings.get("USER_AGENT"), **settings.getdict("DEFAULT_REQUEST_HEADERS")}
            self._asker = Asker(guard, Path(ca_file) if ca_file else None, headers)
            limits = Limits(back_off=BACK_OFF * self.spacing)
            self._prober = Prober(self._resolver, guarded(guard), limits=limits, spacing=self.spacing, shared=turns_of(self._crawler))

    async def close(self) -> None:
        """Ends what is under way."""
        if self._prober is not None and self._resolver is not None:
            await self._prober.close()
            await self._resolver.close()

    async def measure(self, item: Survey, visitor: Visitor) -> Inventories:
        """Completes the ways of the forms in scope and what was observed of their hosts; returns inventories by host and address.

        Raises:
            Interrupted: the run ends first; the municipality is left for the next one.
        """
        if not self._second_round and cast("FormsSpider", self._crawler.spider).second_round:
            self._second_round = True
            self._asked_again.clear()
            if self._prober is not None:
                self._prober.forget_broken()
        self._begin_inventories(item, visitor)
        await self._ask_twins(item, visitor)
        hosts = _https_hosts(item)
        for host in hosts:
            await self._meet(host, visitor)
            await self._complete_chains(host, visitor)
        inventories = await self._inventories(hosts, visitor)
        if doubts := self._doubts(item, visitor, inventories):
            await self._confirm(item, visitor, doubts)
            inventories = await self._inventories(hosts, visitor)
        for host in hosts:
            await self._meet_addresses(host, inventories.get(host, {}), visitor)
        return inventories

    def policy(self, host: str, visitor: Visitor) -> Policy | None:
        """The HSTS policy that ``host`` put in force, where it did."""
        policy = policy_of(host, visitor.observed.of(host), trust=self._trust, at=datetime.now(UTC))
        return policy if policy is not None and policy.state in ("good", "short", "off") else None

    def _begin_inventories(self, item: Survey, visitor: Visitor) -> None:
        if self._prober is not None:
            for host in _https_hosts(item):
                if _speaks_tls(visitor.observed.of(host)):
                    self._prober.begin(host)

    async def _ask_twins(self, item: Survey, visitor: Visitor, only: Iterable[str] | None = None) -> None:
        """Where the http versions of form pages and the pages that frame them lead; of those in ``only`` when it is given."""
        known: dict[str, Route | Reason] = {}
        for form_id, way in _ways(item):
            before = dict(way.twins)
            twins = [twin for route in (way.page, *way.frames) if (twin := _twin_to_ask(route)) is not None]
            for twin in twins:
                if only is not None and twin not in only:
                    known[twin] = before.get(twin, "error")
                elif twin not in known:
                    visit = await visitor.visit(twin, only_route=True)
                    known[twin] = visit.route or visit.failure or "error"
            item.ways[form_id] = replace(way, twins=tuple((twin, known[twin]) for twin in twins))

    async def _inventories(self, hosts: Iterable[str], visitor: Visitor) -> Inventories:
        """What these hosts accept, by host and address; each host is listed once per crawl."""
        if self._prober is None:
            return {}
        speaking = [host for host in hosts if _speaks_tls(visitor.observed.of(host))]
        found: list[dict[str, Inventory]] = await self._unless_interrupted(asyncio.gather(*map(self._prober.probe, speaking)))
        return dict(zip(speaking, found, strict=True))

    async def _unless_interrupted(self, waiting: Awaitable[Any]) -> Any:
        """Waits for what may take minutes, which an interrupted run does not have.

        Raises:
            Interrupted: the run ends first.
        """
        spider = cast("FormsSpider", self._crawler.spider)
        work = asyncio.ensure_future(waiting)
        stop = asyncio.create_task(spider.stopping.wait())
        try:
            while not work.done():
                await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
                if stop.done() and not work.done():
                    if not spider.complete:
                        work.cancel()
                        raise Interrupted("the run was interrupted while a host was being measured")
                    await asyncio.wait({work})
            return work.result()
        finally:
            stop.cancel()

    async def _meet(self, host: str, visitor: Visitor) -> None:
        """Makes sure a host was seen over https, and its registrable domain too where that could lend it HSTS."""
        seen = visitor.observed.of(host)
        if not seen.https and seen.https_failure is None:
            await self._head(host, visitor)
        apex = site_of(host)
        if apex == host or self.policy(host, visitor) is not None:
            return
        above = visitor.observed.of(apex)
        if not above.https and above.https_failure is None:
            await self._head(apex, visitor)

    async def _head(self, host: str, visitor: Visitor) -> None:
        url = f"https://{host}/"
        if await visitor.allowed(url) is None:
            await visitor.ask(url, method="HEAD")

    async def _meet_addresses(self, host: str, inventories: dict[str, Inventory], visitor: Visitor) -> None:
        """Fetches certificate and header of the addresses that speak TLS and that no fetch by name happened to take."""
        seen = visitor.observed.of(host)
        missing = [address for address, inventory in inventories.items() if inventory.versions and address not in seen.https]
        if not missing or not seen.https or self._prober is None or self._asker is None:
            return
        if await visitor.allowed(f"https://{host}/") is not None:
            return
        ends = await self._prober.ends(host)
        for address in missing:
            if address in ends:
                await self._unless_interrupted(self._meet_address(host, address, ends[address], self._asker, visitor))
        await self._complete_chains(host, visitor)

    async def _meet_address(self, host: str, address: str, port: int, asker: Asker, visitor: Visitor) -> None:
        client = cast("FormsSpider", self._crawler.spider).client
        async with client.turn(host, address) as free:
            if free and address not in visitor.observed.of(host).https:  # somebody else may have had this turn before
                visitor.requests += 1
                if (hop := await asker.head(host, address, port)) is not None:
                    visitor.observed.hop(hop)

    async def _complete_chains(self, host: str, visitor: Visitor) -> None:
        """Fetches the issuer of a certificate that leads to no root, so that a missing intermediate is told from an unknown authority."""
        for hops in visitor.observed.of(host).https.values():
            for hop in hops:
                if hop.handshake is not None and not hop.handshake.trusted:
                    await self._issuers.learn(examine(hop.handshake.chain, host, datetime.now(UTC), self._trust))

    async def _fetch_issuer(self, url: str) -> bytes | None:
        """One GET, of which the address guard and the size limit hold as of any other; a second one when the network failed."""
        assert self._crawler.stats is not None
        client = cast("FormsSpider", self._crawler.spider).client
        self._crawler.stats.inc_value("transport/issuers_fetched")
        answer = await client.get(url, jar="issuers")
        if answer.failure in _NETWORK:
            await self._unless_interrupted(asyncio.sleep(self._pause))
            answer = await client.get(url, jar="issuers")
            self._count("issuer", url, answered=answer.hop is not None)
        return answer.body if answer.status == 200 else None

    def _doubts(self, item: Survey, visitor: Visitor, inventories: Inventories) -> _Doubts:
        """What may be bad only because of the network; each is doubted once per round of the crawl."""
        hosts = list(dict.fromkeys(name for host in _https_hosts(item) for name in (host, site_of(host))))
        https = [host for host in hosts if not (seen := visitor.observed.of(host)).https and seen.https_failure in _NETWORK]
        twins = [url for _, way in _ways(item) for url, found in way.twins if isinstance(found, str) and found in _AT_PORT_80]
        listed = [host for host, by_address in inventories.items() if any(map(broken_off, by_address.values()))]
        return _Doubts(self._fresh("https", https), self._fresh("twin", twins), self._fresh("inventory", listed))

    def _fresh(self, kind: str, names: Iterable[str]) -> list[str]:
        """Those of ``names`` that had no second try yet in this round of the crawl; from now on they had."""
        fresh = [name for name in dict.fromkeys(names) if f"{kind} {name}" not in self._asked_again]
        self._asked_again.update(f"{kind} {name}" for name in fresh)
        return fresh

    async def _confirm(self, item: Survey, visitor: Visitor, doubts: _Doubts) -> None:
        """One more, calm try at everything in doubt, with a robots.txt asked for anew: it may be what failed."""
        await self._unless_interrupted(asyncio.sleep(self._pause))
        spider = cast("FormsSpider", self._crawler.spider)
        again = Visitor(
            spider.client.get,
            visitor.observed,
            jar=item.municipality.code,
            deadline=time.monotonic() + CONFIRM_SECONDS,
            slow_down=spider.client.slow_down,
        )
        for host in doubts.https:
            await self._head(host, again)
            self._count("https", host, answered=bool(visitor.observed.of(host).https))
            await self._complete_chains(host, again)
        if doubts.twins:
            await self._ask_twins(item, again, only=doubts.twins)
            found = {url: not isinstance(result, str) for _, way in _ways(item) for url, result in way.twins}
            for url in doubts.twins:
                self._count("twin", url, answered=found.get(url, False))
        for host in doubts.inventories:
            if self._prober is not None:
                self._prober.again(host)
                self._count("inventory", host, answered=None)
        visitor.requests += again.requests
        visitor.bytes += again.bytes

    def _count(self, what: str, subject: str, *, answered: bool | None) -> None:
        """Notes a second try, in the statistics of the run and its log."""
        assert self._crawler.stats is not None
        self._crawler.stats.inc_value(f"transport/second_tries/{what}")
        if answered:
            self._crawler.stats.inc_value(f"transport/second_tries/{what}_answered")
        logger.info("second try of %s %s: %s", what, subject, {True: "answered", False: "no answer", None: "begun"}[answered])


def _ways(item: Survey) -> list[tuple[str, Way]]:
    """Form ids and ways of the forms in scope."""
    return [(form.form_id, item.ways[form.form_id]) for form in item.forms if form.kind in IN_SCOPE]


def _https_hosts(item: Survey) -> list[str]:
    """The hosts that these forms meet over https, each once, as far as they are measured: a form on another one is not_tested."""
    hosts = dict.fromkeys(host for _, way in _ways(item) for host in parties.https_hosts(way))
    return list(hosts)[:MOST_HOSTS]


def _speaks_tls(seen: Seen) -> bool:
    """Whether something that may be TLS answered: also where no handshake with this machine's OpenSSL came about."""
    return bool(seen.https) or seen.https_failure in ("tls", "reset")


def _twin_to_ask(route: Route) -> str | None:
    """The http version of a document's URL, unless the way there began with it or it is no https document on the default port."""
    if not route or not route[-1].url.startswith("https:"):
        return None
    parts = split(route[-1].url)
    if ":" in parts.host.rpartition("]")[2]:
        return None
    twin = http_twin(route[-1].url)
    return None if route[0].url == twin else twin
