"""Scrapy settings of gemcrawl: only what differs from Scrapy's defaults, each with that default and the reason.

The environment is read here and nowhere else.
"""

from __future__ import annotations

import os
from importlib.util import find_spec

from gemcrawl import __version__

BOT_NAME = "gemcrawl"  # default "scrapybot"
SPIDER_MODULES = ["gemcrawl.spiders"]  # default []
NEWSPIDER_MODULE = "gemcrawl.spiders"  # default ""

# --- who we are ---
# where the surveyed can read who asks, and complain
GEMCRAWL_CONTACT = os.environ.get("GEMCRAWL_CONTACT", "https://github.com/gemcrawl/gemcrawl")
# default "Scrapy/VERSION (+https://scrapy.org)": an honest name with an address to complain to
USER_AGENT = f"gemcrawl/{__version__} (+{GEMCRAWL_CONTACT})"
DEFAULT_REQUEST_HEADERS = {  # default without weight on Dutch
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "nl,fy;q=0.8,en;q=0.5",
}

# --- politeness ---
DOWNLOAD_DELAY = 1.0  # default 0: seconds between requests to one server; zero would let bursts through
DOWNLOAD_DELAY_JITTER = 0.25  # default 0.5
CONCURRENT_REQUESTS_PER_DOMAIN = 1  # default 8: one request at a time per server
CONCURRENT_REQUESTS = 256  # default 16: many servers at once, one request each
ROBOTSTXT_OBEY = False  # default False, and it stays so: the survey obeys RFC 9309 itself, 5xx included (gemcrawl.survey.robots)
REDIRECT_ENABLED = False  # default True: the survey follows by hand, every hop is evidence
METAREFRESH_ENABLED = False  # default True: the same
COOKIES_ENABLED = False  # default True: ours (below) forgets each municipality's cookies, and never asks the network for suffixes
RETRY_TIMES = 1  # default 2: one calm second try
RETRY_HTTP_CODES = [502, 504, 522, 524]  # default also 500, 503, 408, 429: those are answers, not accidents
RETRY_EXCEPTIONS = [  # default also refused connections, which are an answer
    "scrapy.exceptions.CannotResolveHostError",
    "scrapy.exceptions.DownloadFailedError",
    "scrapy.exceptions.DownloadTimeoutError",
]
RETRY_GIVE_UP_LOG_LEVEL = "DEBUG"  # default "ERROR": it is recorded on the page's row

# --- budgets ---
DOWNLOAD_TIMEOUT = 20  # default 180
DOWNLOAD_MAXSIZE = 4 * 1024 * 1024  # default 1 GiB; wire and decompressed
DOWNLOAD_WARNSIZE = 0  # default 32 MiB
CONCURRENT_ITEMS = 2  # default 100: costs a task per response
GEMCRAWL_CONCURRENT_SITES = 24  # municipalities surveyed at the same time
GEMCRAWL_MAX_PAGES = 40  # pages per municipality
GEMCRAWL_SEARCH_PAGES = 20  # of these, pages that promise nothing, read while no form of a kind was found
GEMCRAWL_SITE_SECONDS = 900  # time per municipality
GEMCRAWL_CRAWL_DELAY_MAX = 10.0  # a longer Crawl-delay is cut to this
GEMCRAWL_BACK_OFF = 10.0  # in delays: rest of a server after a 429 or 503 that names none; doubles with each one in a row
GEMCRAWL_RETRY_AFTER_MAX = 60.0  # seconds: a longer rest is not sat out, the server is left alone and its pages are rate_limited
GEMCRAWL_TLS_INVENTORY = True  # list the TLS versions, suites and groups of every form's hosts
GEMCRAWL_PROBE_SPACING: float | None = None  # seconds between two TLS handshakes with one server; None: a fifth of DOWNLOAD_DELAY
GEMCRAWL_RENDER = True  # pages that scripts fill are rendered, where there is a browser
GEMCRAWL_RENDER_PAGES = 8  # pages rendered per municipality
GEMCRAWL_RENDER_RUN_PAGES = 4000  # pages rendered per run
GEMCRAWL_RENDER_SLOTS = 6  # pages rendered at the same time, fewer on a busy machine; they mostly wait
GEMCRAWL_RENDER_SECONDS = 12.0  # per rendered page, from where the browser goes there; longer while the machine is too busy for it
GEMCRAWL_RENDER_KEPT = 6  # pages of the browser kept for when their site comes back, beside those at work
GEMCRAWL_CHROMIUM = os.environ.get("GEMCRAWL_CHROMIUM", "")  # path or name of the browser; empty: look on PATH

# --- what is surveyed, and where it goes ---
GEMCRAWL_VOCABULARY: str | None = None  # directory with words, weights and fingerprints of one's own, see docs/vocabulary.md
GEMCRAWL_OUTPUT = os.environ.get("GEMCRAWL_OUTPUT", "output")  # directory of the snapshots, or a place in an object store (docs/stores.md)
# where the stores are, if not at Amazon, Google and Microsoft, by the variables that their own tools read; pyarrow does not
GEMCRAWL_S3_ENDPOINT = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL", "")
GEMCRAWL_AZURE_ACCOUNT = os.environ.get("AZURE_STORAGE_ACCOUNT", "")  # the storage account of an output az://container/...
GEMCRAWL_AZURE_ENDPOINT = os.environ.get("AZURE_STORAGE_SERVICE_ENDPOINT", "")  # such as http://127.0.0.1:10000/devstoreaccount1
GEMCRAWL_GCS_ENDPOINT = os.environ.get("STORAGE_EMULATOR_HOST", "")  # an emulator, which takes everybody without credentials
GEMCRAWL_LEASE_SECONDS = 60  # so long after its last sign of life a run in an object store counts as dead
GEMCRAWL_REGISTRY: str | None = None  # None: the packaged register
GEMCRAWL_KNOWN_HOSTS: str | None = None  # CSV code,host beside a registry of one's own
GEMCRAWL_AS_OF: str | None = None  # None: today
GEMCRAWL_EXCLUDE: str | None = None  # file of codes and hosts that are asked nothing
GEMCRAWL_RESUME: str | None = None  # a run id, "last", "new"; None: the last run of today, when it is unfinished and the same
GEMCRAWL_DEADLINE: str | None = None  # such as 6h: what is missing then is published as partial
# HOST or HOST:PORT at which the workers of a Dask cluster reach the parent; None: the address it reaches the scheduler from, at any port
GEMCRAWL_FLEET_ADDRESS = os.environ.get("GEMCRAWL_FLEET_ADDRESS") or None
GEMCRAWL_GRACE_SECONDS = 30.0  # what municipalities under way get when the run ends early
GEMCRAWL_SECOND_ROUND = True  # what the network spoilt is surveyed once more at the end
GEMCRAWL_SECOND_ROUND_PAUSE = 60.0  # in delays: the rest before what the network spoilt is surveyed once more
GEMCRAWL_KEEP_PARTS = False  # keep a run's working area after publication

# --- evidence (docs/evidence.md) ---
GEMCRAWL_ARCHIVE = False  # keep pages with a form in scope as received, and pictures of insecure forms
GEMCRAWL_ARCHIVE_BYTES = 8 * 1024 * 1024  # archive of one municipality, packed
GEMCRAWL_PICTURES = 4  # pictures per municipality
GEMCRAWL_PICTURE_BYTES = 512 * 1024  # one picture

# --- what holds a night back (docs/operations.md has the reasons) ---
GEMCRAWL_GATE_MUNICIPALITIES = 20  # in fewer, a share means nothing
GEMCRAWL_GATE_MOST = {  # largest share of the municipalities, on any night: only what no country looks like
    "unreachable": 0.50,
    "dns": 0.20,
    "blocked": 0.50,
    "failed": 0.10,
    "left out": 0.50,
}
GEMCRAWL_GATE_RISE = {  # largest rise of that share since the last comparable snapshot
    "unreachable": 0.03,
    "dns": 0.02,
    "blocked": 0.03,
    "failed": 0.01,
    "appointment not_found": 0.05,
    "contact not_found": 0.05,
}
GEMCRAWL_CANARIES: list[str] = []  # hosts known to be up: where none answers, this machine is what is down

# --- how connections are made ---
DOWNLOAD_HANDLERS = {  # default: Scrapy's own for every scheme
    "http": "gemcrawl.fetch.handler.Handler",
    "https": "gemcrawl.fetch.handler.Handler",
    "file": None,
    "data": None,
    "ftp": None,
    "s3": None,
}
GEMCRAWL_CONNECT_TO: list[str] = []  # rules HOST:PORT:ADDR:PORT, as in curl
GEMCRAWL_ALLOW_NET: list[str] = []  # networks that may be asked although they are not public
GEMCRAWL_CA_FILE: str | None = None  # root certificates trusted instead of the system's

# --- the machinery ---
ITEM_PIPELINES = {  # default {}
    "gemcrawl.pipelines.security_txt.SecurityTxtPipeline": 200,
    "gemcrawl.pipelines.transport.TransportPipeline": 300,
    "gemcrawl.pipelines.evidence.EvidencePipeline": 400,
    "gemcrawl.pipelines.clean.CleanPipeline": 500,
    "gemcrawl.pipelines.snapshot.SnapshotPipeline": 800,
}
DOWNLOADER_MIDDLEWARES = {  # default {}; those set to None cannot apply to what the survey asks, and each costs time per request
    "gemcrawl.fetch.retry.RetryMiddleware": 550,
    "gemcrawl.fetch.compression.CompressionMiddleware": 590,
    "gemcrawl.fetch.cookies.CookiesMiddleware": 700,
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,  # ours is this one, with a pause
    "scrapy.downloadermiddlewares.httpcompression.HttpCompressionMiddleware": None,  # ours is this one, with a bound on layers
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
    "scrapy.downloadermiddlewares.httpproxy.HttpProxyMiddleware": None,
    "scrapy.downloadermiddlewares.downloadtimeout.DownloadTimeoutMiddleware": None,
}
DOWNLOADER_STATS = False  # default True: writes every request out to count its bytes; requests and bytes stand in the rows
if find_spec("uvloop"):
    ASYNCIO_EVENT_LOOP = "uvloop.Loop"  # default None: a fifth more pages per second
REMOTE_CONTROL_ENABLED = False  # default True: executes code over local HTTP
TELNETCONSOLE_ENABLED = False  # default True: the same over telnet
LOG_LEVEL = os.environ.get("GEMCRAWL_LOG_LEVEL", "INFO")  # default "DEBUG"
LOG_FORMATTER = "gemcrawl.logformat.Formatter"  # default: prints all rows of a municipality that met an error
GEMCRAWL_LOG_FORMAT = "text"  # or json; of the gemcrawl command alone: scrapy crawl logs as Scrapy does
LOGSTATS_INTERVAL = 60.0  # default 60.0


def azure_key() -> str | None:
    """The key of the storage account: no setting, since those go to other processes and into logs."""
    return os.environ.get("AZURE_STORAGE_KEY") or None
