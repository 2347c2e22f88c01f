"""Measures what the survey could not see on its way, and judges: hosts, findings, verdicts, rule sets."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from gemcrawl.exceptions import Interrupted
from gemcrawl.fetch.connect_to import ConnectTo
from gemcrawl.fetch.guard import Guard
from gemcrawl.fetch.resolver import Resolver
from gemcrawl.sites import site_of
from gemcrawl.survey.collect import IN_SCOPE
from gemcrawl.survey.urls import http_twin, split
from gemcrawl.transport import parties
from gemcrawl.transport.aia import Issuers
from gemcrawl.transport.certificates import examine
from gemcrawl.transport.facts import Route
from gemcrawl.transport.findings import find
from gemcrawl.transport.hosts import host_rows, policy_of
from gemcrawl.transport.probe import Limits, Prober, guarded
from gemcrawl.transport.rules import apply, load, verdict
from gemcrawl.transport.status import municipality_status
from gemcrawl.transport.trust import TrustStore

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from gemcrawl.items import Form, Host, Reason, Role, Survey
    from gemcrawl.spiders.forms import FormsSpider
    from gemcrawl.survey.visit import Visitor
    from gemcrawl.transport.facts import Inventory, Seen, Way
    from gemcrawl.transport.hsts import Policy

BACK_OFF = 5
"""Spacings to wait before a handshake that was cut off is tried once more."""


class TransportPipeline:
    """Adds hosts, findings and verdicts to a survey."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        ca_file = crawler.settings.get("GEMCRAWL_CA_FILE")
        self._trust = TrustStore(Path(ca_file) if ca_file else None)
        self._issuers = Issuers(self._trust, self._fetch_issuer)
        self._rules = load()
        self._resolver: Resolver | None = None
        self._prober: Prober | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> TransportPipeline:
        return cls(crawler)

    def open_spider(self) -> None:
        settings = self._crawler.settings
        if settings.getbool("GEMCRAWL_TLS_INVENTORY"):
            self._resolver = Resolver(ConnectTo(settings.getlist("GEMCRAWL_CONNECT_TO")))
            connect = guarded(Guard(settings.getlist("GEMCRAWL_ALLOW_NET")))
            spacing = settings.getfloat("GEMCRAWL_PROBE_SPACING")
            self._prober = Prober(self._resolver, connect, limits=Limits(back_off=BACK_OFF * spacing), spacing=spacing)

    async def close_spider(self) -> None:
        if self._prober is not None and self._resolver is not None:
            await self._prober.close()
            await self._resolver.close()

    async def process_item(self, item: Survey) -> Survey:
        """Measures and judges one municipality."""
        spider = cast("FormsSpider", self._crawler.spider)
        visitor = spider.visitors.get(item.municipality.code)
        if visitor is not None:
            await self._measure(item, visitor)
            hosts = self._host_rows(item, visitor, await self._inventories(item, visitor))
            item.hosts = [row for rows in hosts.values() for row in rows]
            item.forms = [self._judged(form, item.ways[form.form_id], hosts) for form in item.forms]
            item.municipality = replace(item.municipality, requests=visitor.requests, bytes=visitor.bytes, finished_at=datetime.now(UTC))
        item.municipality = municipality_status(item.municipality, item.forms, item.unread)
        return item

    async def _measure(self, item: Survey, visitor: Visitor) -> None:
        """Asks what the forms in scope still need: the http twins of their pages, and hosts that were not met on the way."""
        twins: dict[str, Route | Reason] = {}
        for form in item.forms:
            if form.kind in IN_SCOPE:
                way = item.ways[form.form_id]
                asked = []
                for route in (way.page, *way.frames):
                    if (twin := _twin_to_ask(route)) is not None:
                        if twin not in twins:
                            visit = await visitor.visit(twin, until_https=True)
                            twins[twin] = visit.route or visit.failure or "error"
                        asked.append((twin, twins[twin]))
                item.ways[form.form_id] = way = replace(way, twins=tuple(asked))
                for host in parties.https_hosts(way):
                    await self._meet(host, visitor)
                    await self._complete_chains(host, visitor)

    async def _inventories(self, item: Survey, visitor: Visitor) -> dict[str, dict[str, Inventory]]:
        """What the https hosts of the forms in scope accept, by host and address; each host is listed once per crawl."""
        if self._prober is None:
            return {}
        ways = [item.ways[form.form_id] for form in item.forms if form.kind in IN_SCOPE]
        hosts = dict.fromkeys(host for way in ways for host in parties.https_hosts(way))
        speaking = [host for host in hosts if _speaks_tls(visitor.observed.of(host))]
        probes = asyncio.gather(*map(self._prober.probe, speaking))
        await self._unless_interrupted(probes)
        return dict(zip(speaking, probes.result(), strict=True))

    async def _unless_interrupted(self, work: asyncio.Future[Any]) -> None:
        """Waits for ``work``; it may take minutes, which an interrupted run does not have.

        Raises:
            Interrupted: the run ends first; the municipality is left for the next one.
        """
        spider = cast("FormsSpider", self._crawler.spider)
        stop = asyncio.create_task(spider.stopping.wait())
        try:
            while not work.done():
                await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
                if stop.done() and not work.done():
                    if not spider.complete:
                        raise Interrupted("the run was interrupted while a host was being measured")
                    await asyncio.wait({work})
        finally:
            stop.cancel()

    async def _meet(self, host: str, visitor: Visitor) -> None:
        """Makes sure a host was seen over https, and its registrable domain too where that could lend it HSTS."""
        seen = visitor.observed.of(host)
        if not seen.https and seen.https_failure is None:
            await self._head(host, visitor)
        apex = site_of(host)
        if apex == host or self._policy(host, visitor) is not None:
            return
        above = visitor.observed.of(apex)
        if not above.https and above.https_failure is None:
            await self._head(apex, visitor)

    async def _complete_chains(self, host: str, visitor: Visitor) -> None:
        """Fetches the issuer of a certificate that leads to no root, so that a missing intermediate is told from an unknown authority."""
        for hops in visitor.observed.of(host).https.values():
            for hop in hops:
                if hop.handshake is not None and not hop.handshake.trusted:
                    await self._issuers.learn(examine(hop.handshake.chain, host, datetime.now(UTC), self._trust))

    async def _fetch_issuer(self, url: str) -> bytes | None:
        """One GET, of which the address guard and the size limit hold as of any other."""
        assert self._crawler.stats is not None
        self._crawler.stats.inc_value("transport/issuers_fetched")
        answer = await cast("FormsSpider", self._crawler.spider).client.get(url, jar="issuers")
        return answer.body if answer.status == 200 else None

    async def _head(self, host: str, visitor: Visitor) -> None:
        url = f"https://{host}/"
        if await visitor.allowed(url) is None:
            await visitor.ask(url, method="HEAD")

    def _policy(self, host: str, visitor: Visitor) -> Policy | None:
        policy = policy_of(host, visitor.observed.of(host), trust=self._trust, at=datetime.now(UTC))
        return policy if policy is not None and policy.state in ("good", "short", "off") else None

    def _host_rows(self, item: Survey, visitor: Visitor, inventories: dict[str, dict[str, Inventory]]) -> dict[str, list[Host]]:
        """Rows of every host that a form of this municipality lives on."""
        roles: dict[str, list[Role]] = {}
        suppliers: dict[str, str] = {}
        for form in item.forms:
            for host, found in parties.roles(item.ways[form.form_id]).items():
                roles.setdefault(host, []).extend(found)
                if form.supplier and "page" in found:
                    suppliers.setdefault(host, form.supplier)
        return {
            host: host_rows(
                host,
                visitor.observed.of(host),
                trust=self._trust,
                at=datetime.now(UTC),
                hsts_of=lambda parent: self._policy(parent, visitor),
                inventories=inventories.get(host, {}),
                roles=found,
                municipalities=[item.municipality.code],
                supplier=suppliers.get(host),
            )
            for host, found in roles.items()
        }

    def _judged(self, form: Form, way: Way, hosts: dict[str, list[Host]]) -> Form:
        findings = find(way, hosts)
        results = {name: apply(rule_set, findings, way, hosts) for name, rule_set in self._rules.items()}
        return replace(
            form,
            findings=findings,
            verdict=verdict(findings, way, hosts),
            https_2016=results["https-2016"],
            ncsc_webapp_2015=results["ncsc-webapp-2015"],
            decree_2023=results["decree-2023"],
            internet_nl_2025=results["internet-nl-2025"],
        )


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
