"""scrapy-playwright as gemcrawl uses it: every context behind the guard proxy, pages used again, and no page that can hold it up.

The proxy decides about every request, so that requests need not be intercepted in the browser: interception costs two messages per request
and switches the browser's cache off.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

from playwright.async_api import Error as PlaywrightError
from scrapy.exceptions import NotSupported
from scrapy.http import HtmlResponse
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler, TargetClosedError

from gemcrawl.fetch import render_memory
from gemcrawl.fetch.browser import find_browser
from gemcrawl.fetch.proxy import GuardProxy
from gemcrawl.fetch.render_browser import INIT_SCRIPT, START_SECONDS, context_options, end_process, launch_options, process_id, runs_as_root
from gemcrawl.fetch.render_job import META, Job, RenderFailed
from gemcrawl.fetch.render_picture import take_picture
from gemcrawl.fetch.render_pool import Pool, Tab
from gemcrawl.fetch.render_pulse import SILENT, Limit, Pulse
from gemcrawl.fetch.render_read import go, read_documents

if TYPE_CHECKING:
    from playwright.async_api import Browser, CDPSession, Page
    from scrapy import Request, Spider
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from gemcrawl.fetch.proxy import Exchange

logger = logging.getLogger(__name__)

_PAGES_PER_BROWSER = 500
"""Pages after which the browser is started anew, for the memory that it does not give back."""
_OPEN_SECONDS = 15.0
"""For the browser to open a page of its own for the address; these and what follows are seconds of the browser (`gemcrawl.fetch.render_pulse`)."""
_LEAVE_SECONDS = 3.0
_CLOSE_SECONDS = 10.0
_END_SECONDS = 3.0
"""Of the clock, for a browser to end by itself."""
_READING = 1.5
"""Seconds kept for the reading itself, of those that a page has."""


_TRIES = 3
"""Times that a page is begun when it is not the page but the whole browser that ends."""
_HEARING = 0.5
"""Seconds for a page to answer once more after it was read."""


class _CrashedError(Exception):
    """The page's process, or the whole browser, ended."""


class PlaywrightHandler(ScrapyPlaywrightDownloadHandler):  # type: ignore[misc]
    """Serves requests whose meta hold a `Job`; one instance per crawler, made and closed by `gemcrawl.fetch.handler.Handler`.

    Args:
        exchange: what the guard proxy makes its requests with.
    """

    pages_per_browser: ClassVar[int] = _PAGES_PER_BROWSER
    silent: ClassVar[float] = SILENT

    def __init__(self, crawler: Crawler, exchange: Exchange) -> None:
        super().__init__(crawler)
        settings = crawler.settings
        self._agent: str = settings["USER_AGENT"]
        self._page_seconds = settings.getfloat("GEMCRAWL_RENDER_SECONDS", 8.0)
        self._room_count = max(1, settings.getint("GEMCRAWL_RENDER_SLOTS", 6))
        self._kept = max(0, settings.getint("GEMCRAWL_RENDER_KEPT", 6))
        self._proxy = GuardProxy(
            exchange, user_agent=self._agent, max_size=settings.getint("DOWNLOAD_MAXSIZE"), seconds=settings.getfloat("DOWNLOAD_TIMEOUT")
        )
        self._rooms: Pool | None = None
        self._start_lock = asyncio.Lock()
        self._pid: int | None = None
        self._page_number = 0
        self._renewing: asyncio.Task[None] | None = None
        self._pulse = Pulse()
        self._watching: list[asyncio.Task[None]] = []
        self._at_work: dict[Tab, Browser] = {}
        self.config.target_closed_max_retries = 0
        self.config.navigation_timeout_ms = None

    # --- what scrapy-playwright does otherwise ---

    async def _create_page(self, request: Request, spider: Spider) -> Page:
        """A page that scrapy-playwright's interception does not reach, and that tells of no more than is needed."""
        page: Page = await super()._create_page(request, spider)
        for name in ("route", "unroute"):
            setattr(page, name, _nothing)
        page.remove_listener("request", self._increment_request_stats)
        page.remove_listener("response", self._increment_response_stats)
        page.on("popup", _close_at_once)
        request.meta[META].tab.has(page)
        return page

    async def _create_browser_context(self, name: str, context_kwargs: dict[str, Any] | None, spider: Spider | None = None) -> Any:
        wrapper = await super()._create_browser_context(name, context_kwargs, spider)
        await wrapper.context.add_init_script(INIT_SCRIPT)
        return wrapper

    async def _download_request_with_page(self, request: Request, page: Page, spider: Spider) -> Response:  # noqa: ARG002 -- as it is called
        """Goes there and reads, over one session of the DevTools protocol.

        It waits neither for the page to have loaded, which some never do, nor asks for headers and addresses that nobody reads: what is
        asked through Playwright takes two processes several messages each.
        """
        job: Job = request.meta[META]
        assert job.tab is not None
        assert job.limit is not None
        tab, limit = job.tab, job.limit
        if tab.session is None:
            tab.session = await page.context.new_cdp_session(page)
        limit.set(self._page_seconds, job.deadline)
        await go(tab.session, request.url)
        read = await read_documents(tab.session, limit.but(_READING), lambda: tab.gate.awaited)
        job.documents, job.cut = read.documents, read.cut
        await _heard_out(page, Limit.of(self._pulse, _HEARING))
        if job.outline is not None:
            job.picture = await take_picture(tab.session, job.outline)
        job.failure = ""
        return HtmlResponse(request.url, body=job.documents[0].html, encoding="utf-8")

    async def _browser_disconnected_callback(self, browser: Browser | None = None) -> None:
        """Only tells and forgets: closing what is gone waits for what never comes, and another browser may have been started since."""
        for tab, its_browser in self._at_work.items():
            if browser is None or its_browser is browser:
                tab.end()
        if browser is None or getattr(self, "browser", None) is browser:
            self._forget_browser()

    def _forget_browser(self) -> None:
        self.__dict__.pop("browser", None)
        self.context_wrappers.clear()
        self._page_number = 0
        self._pid = None
        for task in self._watching:
            task.cancel()
        self._watching.clear()
        if self._rooms is not None:
            self._rooms.forget()

    # --- one page ---

    async def download_request(self, request: Request) -> Response:
        """Renders the page of a job.

        Raises:
            RenderFailed: the job says why.
            NotSupported: the request has no job.
        """
        job = request.meta.get(META)
        if not isinstance(job, Job):
            raise NotSupported(f"{request.url}: pages are rendered through gemcrawl.fetch.renderer only")
        if job.given_up:
            raise RenderFailed("given up before it began")
        work = asyncio.ensure_future(self._serve(request, job))
        job.task = work
        try:
            return await work
        except asyncio.CancelledError:
            if job.given_up:
                raise RenderFailed("given up") from None
            raise

    async def _serve(self, request: Request, job: Job) -> Response:
        pool = await self._ready()
        async with pool.place(job.group):
            for _ in range(_TRIES):
                browser: Browser | None = None
                try:
                    browser = await self._run_browser()
                    return await self._render(request, job, pool, browser)
                except (_CrashedError, TargetClosedError):
                    job.failure = "crashed"
                    if await _outlives(browser, job):  # a page that crashes does so again
                        break
                except TimeoutError:
                    job.failure = "timeout"
                    break
                except (PlaywrightError, OSError) as error:
                    logger.debug("rendering %r: %s", job.url, error)
                    break
        self._renew_when_due()
        raise RenderFailed(f"{job.url}: {job.failure}")

    async def _render(self, request: Request, job: Job, pool: Pool, browser: Browser) -> Response:
        tab = job.tab = await pool.take(job.group)
        tab.begin()
        self._at_work[tab] = browser
        request.meta.update(
            playwright_context=tab.context_name,
            playwright_context_kwargs=context_options(tab.gate.port, self._agent),
            playwright_page=tab.page,
            playwright_include_page=True,
        )
        tab.gate.begin(job.allowed)
        self._page_number += 1
        clean = False
        work = asyncio.ensure_future(super().download_request(request))
        job.limit = Limit.of(self._pulse, _OPEN_SECONDS, job.deadline)
        try:
            await job.limit.first(work, tab.gone)
            if not work.done():
                raise _CrashedError
            response = await self._result(work, tab)
            await _may_stay(job)
            clean = True
            return response
        finally:
            del self._at_work[tab]
            work.cancel()
            seen, job.wire_bytes = tab.gate.end()
            job.requests = (*seen, *tab.unseen(seen))
            _was_refused(job)
            pool.give_back(job.group, tab, self._reset, self._discard, clean=clean)

    async def _result(self, work: asyncio.Future[Response], tab: Tab) -> Response:
        try:
            return work.result()
        except PlaywrightError:
            await asyncio.sleep(0.05)  # what happened to the page may be told after what failed because of it
            if tab.gone.done() or not self._running:
                raise _CrashedError from None
            raise

    async def _reset(self, tab: Tab) -> bool:
        """Leaves the page, so that none of it goes on."""
        if tab.session is None:
            return False
        limit = Limit.of(self._pulse, _LEAVE_SECONDS)
        try:
            await limit.result(go(tab.session, "about:blank"))
            there = await limit.result(tab.session.send("Page.getFrameTree"))
        except (PlaywrightError, TimeoutError):
            return False
        return bool(there["frameTree"]["frame"]["url"] == "about:blank")

    async def _discard(self, tab: Tab) -> None:
        """Closes the tab's context; a browser that cannot do that in time is ended."""
        wrapper = self.context_wrappers.pop(tab.context_name, None)
        if wrapper is None:
            return
        browser = wrapper.context.browser
        try:
            await Limit.of(self._pulse, _CLOSE_SECONDS).result(wrapper.context.close())
        except PlaywrightError:
            pass
        except TimeoutError:
            if browser is getattr(self, "browser", None):
                await self._hangs("does not close a page")

    # --- the browser ---

    @property
    def _running(self) -> bool:
        browser: Browser | None = getattr(self, "browser", None)
        return browser is not None and browser.is_connected()

    async def _ready(self) -> Pool:
        """The pool; with the first page Playwright's own process and the proxy are started."""
        async with self._start_lock:
            if self._rooms is None:
                await self._launch()
                await self._proxy.start()
                self._rooms = Pool(self._proxy.open, self._room_count, self._kept, lambda: self._pulse.slowness)
            return self._rooms

    async def _run_browser(self) -> Browser:
        """The browser, started unless it runs.

        Raises:
            TimeoutError, PlaywrightError: it does not start.
        """
        async with self._start_lock:
            if self._running:
                return cast("Browser", self.browser)
            self._forget_browser()
            executable = await asyncio.to_thread(find_browser)
            if executable is None:
                raise PlaywrightError("the browser is gone")
            if runs_as_root():
                logger.info("running as root: the browser runs without its own sandbox")
            self.config.launch_options = launch_options(executable, self._proxy.refuse_port, self._proxy.spki_sha256)
            async with asyncio.timeout(START_SECONDS + _END_SECONDS):
                await self._maybe_launch_browser()
                session = await self.browser.new_browser_cdp_session()
                self._pid = await process_id(session)
            self._watching.append(asyncio.ensure_future(self._follow(session)))
            if self._pid is not None:
                self._watching.append(asyncio.ensure_future(render_memory.watch(self._pid)))
            logger.info("browser started: %s %s", executable, self.browser.version)
            return cast("Browser", self.browser)

    async def _follow(self, session: CDPSession) -> None:
        """Measures how fast the browser gets on, and ends it when it hangs."""
        with suppress(PlaywrightError):
            await self._pulse.watch(partial(session.send, "Browser.getVersion"), self.silent)
            self._watching.clear()  # this task ends the browser, and is not to be cancelled with it
            await self._hangs("does not answer")

    async def _hangs(self, what: str) -> None:
        logger.warning("the browser %s, and is started anew", what)
        await self._end_browser()

    def _renew_when_due(self) -> None:
        if self._page_number >= self.pages_per_browser and (self._renewing is None or self._renewing.done()):
            self._renewing = asyncio.ensure_future(self._renew())

    async def _renew(self) -> None:
        assert self._rooms is not None
        async with self._rooms.everything():
            await self._end_browser()

    async def _end_browser(self) -> None:
        """Ends the browser, by its process where it does not listen."""
        browser, pid = self.__dict__.pop("browser", None), self._pid
        self._forget_browser()
        if browser is None:
            return
        try:
            async with asyncio.timeout(_END_SECONDS):
                await browser.close()
        except (PlaywrightError, TimeoutError):
            if pid is not None:
                end_process(pid)

    async def close(self) -> None:
        """Ends everything that was started; closing twice does no harm."""
        if self._renewing is not None:
            self._renewing.cancel()
        if self._rooms is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(2 * _END_SECONDS):
                    await self._rooms.cleaned()
        await self._end_browser()
        await super().close()
        await self._proxy.close()


async def _outlives(browser: Browser | None, job: Job) -> bool:
    """Whether only the page ended: the end of a browser is told after that of its pages."""
    for _ in range(50):
        if browser is None or not browser.is_connected() or (job.tab and job.tab.crashed):
            break
        await asyncio.sleep(0.02)
    return browser is not None and browser.is_connected()


async def _may_stay(job: Job) -> None:
    """Asks once more when the page went elsewhere by itself: routes of an application never reach the proxy."""
    url = job.documents[0].url.partition("#")[0] if job.documents else ""
    if url and url != job.url.partition("#")[0] and await job.allowed(url) is not None:
        job.failure = "denied"


def _was_refused(job: Job) -> None:
    """The page that was read is none when its document never arrived; what it was still on its way to does not matter."""
    read = job.documents[0].url.partition("#")[0] if job.documents else ""
    asked = [request for request in job.requests if request.destination == "document" and request.stopped != "method"]
    if read.startswith(("https:", "http:")):
        asked = [request for request in asked if request.url == read]
    if asked and asked[-1].stopped:
        job.failure = "denied" if asked[-1].stopped == "robots" else job.failure or "failed"


async def _heard_out(page: Page, limit: Limit) -> None:
    """Waits until the browser has told of every request that the page had begun: an answer comes after what was told before it.

    It is said once more what the context says already: evaluating something would first put all of Playwright's own scripts into the page.
    """
    with suppress(PlaywrightError, TimeoutError):
        await limit.result(page.emulate_media(reduced_motion="reduce"))


async def _nothing(*_: object, **__: object) -> None:
    """In the place of a method that must not do what it does."""


async def _close_at_once(popup: Page) -> None:
    with suppress(PlaywrightError):
        await popup.close()
