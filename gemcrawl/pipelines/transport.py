"""Measures what the survey could not see on its way, and judges: hosts, findings, verdicts, rule sets."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from gemcrawl.sites import site_of
from gemcrawl.survey.collect import IN_SCOPE
from gemcrawl.survey.urls import http_twin, split
from gemcrawl.transport import parties
from gemcrawl.transport.facts import Route
from gemcrawl.transport.findings import find
from gemcrawl.transport.hosts import host_rows, policy_of
from gemcrawl.transport.rules import apply, load, verdict
from gemcrawl.transport.status import municipality_status
from gemcrawl.transport.trust import TrustStore

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from gemcrawl.items import Form, Host, Reason, Role, Survey
    from gemcrawl.spiders.forms import FormsSpider
    from gemcrawl.survey.visit import Visitor
    from gemcrawl.transport.facts import Way
    from gemcrawl.transport.hsts import Policy


class TransportPipeline:
    """Adds hosts, findings and verdicts to a survey."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        ca_file = crawler.settings.get("GEMCRAWL_CA_FILE")
        self._trust = TrustStore(Path(ca_file) if ca_file else None)
        self._rules = load()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> TransportPipeline:
        return cls(crawler)

    async def process_item(self, item: Survey) -> Survey:
        """Measures and judges one municipality."""
        spider = cast("FormsSpider", self._crawler.spider)
        visitor = spider.visitors.get(item.municipality.code)
        if visitor is not None:
            await self._measure(item, visitor)
            hosts = self._host_rows(item, visitor)
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

    async def _head(self, host: str, visitor: Visitor) -> None:
        url = f"https://{host}/"
        if await visitor.allowed(url) is None:
            await visitor.ask(url, method="HEAD")

    def _policy(self, host: str, visitor: Visitor) -> Policy | None:
        policy = policy_of(host, visitor.observed.of(host), trust=self._trust, at=datetime.now(UTC))
        return policy if policy is not None and policy.state in ("good", "short", "off") else None

    def _host_rows(self, item: Survey, visitor: Visitor) -> dict[str, list[Host]]:
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


def _twin_to_ask(route: Route) -> str | None:
    """The http version of a document's URL, unless the way there began with it or it is no https document on the default port."""
    if not route or not route[-1].url.startswith("https:"):
        return None
    parts = split(route[-1].url)
    if ":" in parts.host.rpartition("]")[2]:
        return None
    twin = http_twin(route[-1].url)
    return None if route[0].url == twin else twin
