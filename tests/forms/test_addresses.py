"""The quick joins give what the URL standard gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemcrawl.forms.addresses import Addresses, join, normal

REFERENCES = st.one_of(
    st.text(max_size=30),
    st.text(alphabet="ab/.%2eE?#:;=&!~-_\\@ é'\"|", max_size=16),
    st.lists(
        st.sampled_from(["/", "..", ".", "a", "b.html", "%2e", "?", "q=1", "#x", "//", "https:", "http://x.test", "!suite"]), max_size=6
    ).map("".join),
)


@pytest.mark.parametrize(
    "base", ["https://www.gem.test/", "https://www.gem.test/a/b?c=d", "http://gem.test:8080/x/", "https://www.gem.test/a/b/c.html"]
)
@given(reference=REFERENCES)
def test_quick_joins_are_those_of_the_standard(base: str, reference: str) -> None:
    assert Addresses(base).join(reference) == join(base, reference.partition("#")[0])


def test_an_address_too_long_is_none() -> None:
    assert Addresses("https://www.gem.test/").join("a" * 3000) == ""


@given(
    host=st.text(alphabet="axn-.1", max_size=12).map("www.{}.test".format)
    | st.sampled_from(["1.2.3.4", "0x7f.1", "xn--a.nl", "gem.nl:80", "GEM.nl", "a..nl"]),
    path=REFERENCES,
)
def test_an_address_is_normal_as_the_standard_has_it(host: str, path: str) -> None:
    address = f"https://{host}/{path}"
    assert normal(address) == (join("about:blank", address) or address)
