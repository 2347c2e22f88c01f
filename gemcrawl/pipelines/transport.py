"""Has measured what a survey could not see on its way, and judges: hosts, findings, verdicts, rule sets."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from gemcrawl import clock
from gemcrawl.pipelines.measure import Measurer
from gemcrawl.transport import parties
from gemcrawl.transport.findings import find
from gemcrawl.transport.hosts import host_rows
from gemcrawl.transport.rules import apply, load, verdict
from gemcrawl.transport.status import municipality_status
from gemcrawl.transport.trust import TrustStore

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

    from gemcrawl.items import Form, Host, Role, Survey
    from gemcrawl.pipelines.measure import Inventories
    from gemcrawl.spiders.forms import FormsSpider
    from gemcrawl.survey.visit import Visitor
    from gemcrawl.transport.facts import Way


class TransportPipeline:
    """Adds hosts, findings and verdicts to a survey."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        ca_file = crawler.settings.get("GEMCRAWL_CA_FILE")
        self._trust = TrustStore(Path(ca_file) if ca_file else None)
        self._measurer = Measurer(crawler, self._trust)
        self._rules = load()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> TransportPipeline:
        return cls(crawler)

    def open_spider(self) -> None:
        self._measurer.open()

    async def close_spider(self) -> None:
        await self._measurer.close()

    async def process_item(self, item: Survey) -> Survey:
        """Measures and judges one municipality."""
        spider = cast("FormsSpider", self._crawler.spider)
        visitor = spider.visitors.get(item.municipality.code)
        if visitor is not None:
            inventories = await self._measurer.measure(item, visitor)
            hosts = self._host_rows(item, visitor, inventories)
            item.hosts = [row for rows in hosts.values() for row in rows]
            item.forms = [self._judged(form, item.ways[form.form_id], hosts) for form in item.forms]
            item.municipality = replace(item.municipality, requests=visitor.requests, bytes=visitor.bytes, finished_at=clock.now())
        item.municipality = municipality_status(item.municipality, item.forms, item.unread)
        return item

    def _host_rows(self, item: Survey, visitor: Visitor, inventories: Inventories) -> dict[str, list[Host]]:
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
                hsts_of=lambda parent: self._measurer.policy(parent, visitor),
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
