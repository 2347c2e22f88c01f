"""Whether a page that a browser has read says that something was still to come, or could not come."""

from __future__ import annotations

import pytest

from gemcrawl.forms import unfilled

AROUND = "<header><nav>Menu</nav></header><main><h1>Afspraak maken</h1>{}</main><footer>Gemeente</footer>"


@pytest.mark.parametrize(
    "content",
    [
        "<p>De module wordt geladen.</p>",
        "<div><p>Laden…</p></div>",
        "<p>Laden<span>...</span></p>",
        "<p>Een ogenblik geduld a.u.b.</p>",
        "<div class=planner aria-busy=true></div>",
        "<div id=root></div>",
        "<div id=app><div><style>p{}</style></div></div>",
        "<x-planner data-t=1></x-planner>",
        "<div id=app><p>Er is iets misgegaan. Probeer het later opnieuw.</p></div>",
        "<p>De kalender kon niet worden geladen.</p>",
    ],
)
def test_what_says_so(content: str) -> None:
    assert unfilled(AROUND.format(content)) is not None


@pytest.mark.parametrize(
    "content",
    [
        "<p>Bel ons voor een afspraak.</p>",
        "<p>Heeft u even geduld? " + "Het is druk aan de balie, en wij helpen u zo snel als het gaat. " * 4 + "</p>",
        "<p>Elektrisch laden</p><p>Laden en lossen</p>",
        "<p hidden>Er is iets misgegaan</p>",
        "<div style='display: none'><p>Laden...</p></div>",
        "<div class='alert d-none'>Er is iets misgegaan</div>",
        "<div role=dialog><p>Even geduld</p></div>",
        "<a href=/laden>Laden</a><button type=button>Laden...</button>",
        "<nav><x-menu></x-menu></nav><p>Bel ons <x-phone></x-phone></p><my-icon></my-icon>",
        "<div id=root><p>Bel ons.</p></div><x-planner><img src=/kaart.png></x-planner>",
        "<div aria-busy=false></div>",
    ],
)
def test_what_does_not(content: str) -> None:
    assert unfilled(AROUND.format(content)) is None


def test_only_the_main_content_counts() -> None:
    assert unfilled("<header><div id=app></div><p>Laden...</p></header><main><p>Bel ons.</p></main>") is None
    assert unfilled("") is None
