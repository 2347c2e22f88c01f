from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemcrawl.transport.hsts import YEAR, parse

CASES = {
    "a year is good": ("max-age=31536000", "good"),
    "a second less is short": ("max-age=31535999", "short"),
    "zero switches it off": ("max-age=0", "off"),
    "many zeros are zero": ("max-age=000", "off"),
    "the order of directives is free": ("includeSubDomains; max-age=31536000", "good"),
    "names are case-insensitive, white space and quotes are allowed": ('MAX-AGE = "31536000"', "good"),
    "unknown directives are ignored": ("max-age=31536000; foo=bar; preload", "good"),
    "an unknown quoted value may hold separators": ('foo="a; max-age=0"; max-age=31536000', "good"),
    "a quoted value may hold an escaped quote": (r'foo="\";"; max-age=31536000', "good"),
    "a quoted number may be escaped": (r'max-age="\31536000"', "good"),
    "empty directives are allowed": ("; ;max-age=31536000;;", "good"),
    "tabs are white space": ("\tmax-age\t=\t31536000\t;", "good"),
    "a number beyond any integer is good": ("max-age=" + "9" * 5000, "good"),
    "a stray colon": (": max-age=31536000", "invalid"),
    "a doubled equals sign": ("max-age==31536000", "invalid"),
    "a unit": ("max-age=1 year", "invalid"),
    "a repeated max-age, even alike": ("max-age=31536000; max-age=31536000", "invalid"),
    "a repeated name in other case": ("max-age=31536000; Max-Age=31536000", "invalid"),
    "a repeated unknown directive": ("max-age=31536000; a; a", "invalid"),
    "no max-age": ("includeSubDomains", "invalid"),
    "an empty field": ("", "invalid"),
    "max-age without a value": ("max-age", "invalid"),
    "max-age with an empty value": ("max-age=", "invalid"),
    "a negative number": ("max-age=-1", "invalid"),
    "a fraction": ("max-age=31536000.0", "invalid"),
    "digits of another script": ("max-age=٣١٥٣٦٠٠٠", "invalid"),
    "includeSubDomains takes no value": ("max-age=31536000; includeSubDomains=true", "invalid"),
    "comma instead of semicolon": ("max-age=31536000, includeSubDomains", "invalid"),
    "an open quote": ('max-age="31536000', "invalid"),
    "a line break": ("max-age=31536000\n", "invalid"),
    "longer than any honest field": ("max-age=31536000;" + " " * 9000, "invalid"),
}


@pytest.mark.parametrize(("header", "state"), CASES.values(), ids=CASES.keys())
def test_grammar_of_rfc_6797(header: str, state: str) -> None:
    policy = parse([header])
    assert policy.state == state
    assert policy.header == header
    assert (policy.max_age is None) == (state == "invalid")


def test_no_field_is_absent() -> None:
    assert parse([]).state == "absent"
    assert parse([]).header is None


@pytest.mark.parametrize(
    ("first", "second", "state"), [("max-age=0", "max-age=31536000", "off"), ("bad header", "max-age=31536000", "invalid")]
)
def test_only_the_first_field_counts(first: str, second: str, state: str) -> None:
    assert parse([first, second]).state == state


def test_sub_domains_are_covered_only_while_the_policy_is_in_force() -> None:
    assert parse(["max-age=1; includeSubDomains"]).covers_subdomains
    assert not parse(["max-age=0; includeSubDomains"]).covers_subdomains
    assert not parse(["max-age=31536000"]).covers_subdomains
    assert not parse(["includeSubDomains"]).covers_subdomains


def test_preload_is_read() -> None:
    assert parse(["max-age=31536000; preload"]).preload
    assert not parse(["max-age=31536000"]).preload


@given(st.lists(st.text(st.characters(codec=None)) | st.text(alphabet='max-age=0123; "\\\tincludeSubDomains'), max_size=3))
def test_never_raises_and_never_invents_a_policy(fields: list[str]) -> None:
    policy = parse(fields)
    if policy.state in ("good", "short"):
        assert "max-age" in fields[0].lower()


@given(
    st.integers(0, 10**12),
    st.sampled_from(["", " ", "\t", " \t "]),
    st.sampled_from(["max-age", "Max-Age", "MAX-AGE"]),
    st.sampled_from(["includeSubDomains", "INCLUDESUBDOMAINS", "includesubdomains"]),
    st.booleans(),
    st.booleans(),
)
def test_white_space_case_quotes_and_order_do_not_matter(age: int, space: str, name: str, sub: str, quoted: bool, swapped: bool) -> None:
    value = f'"{age}"' if quoted else str(age)
    directives = [f"{space}{name}{space}={space}{value}{space}", f"{space}{sub}{space}"]
    policy = parse([";".join(reversed(directives) if swapped else directives)])
    assert policy.max_age == age
    assert policy.include_subdomains
    assert policy.state == ("off" if age == 0 else "short" if age < YEAR else "good")


TOKENS = st.text(alphabet="abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~", min_size=1, max_size=8)
QUOTED = st.text(st.characters(codec="ascii", exclude_categories=["Cc"], exclude_characters='"\\'), max_size=8).map(
    lambda text: f'"{text}"'
)
UNKNOWN = st.tuples(TOKENS, st.none() | TOKENS | QUOTED).filter(lambda d: d[0].lower() not in ("max-age", "includesubdomains", "preload"))


@st.composite
def headers(draw: st.DrawFn) -> tuple[str, int, bool]:
    """A field that fits the grammar, with its max-age and whether it covers sub-domains."""
    age, covers = draw(st.integers(0, 10**10)), draw(st.booleans())
    directives = [f"max-age={age}"] + ["includeSubDomains"] * covers
    unknown = draw(st.lists(UNKNOWN, max_size=3, unique_by=lambda d: d[0].lower()))
    directives += [name if value is None else f"{name}={value}" for name, value in unknown]
    space = st.sampled_from(["", " ", "\t"])
    separated = ";".join(f"{draw(space)}{directive}{draw(space)}" for directive in draw(st.permutations(directives)))
    return separated, age, covers


@given(headers())
def test_whatever_fits_the_grammar_is_read_in_full(made: tuple[str, int, bool]) -> None:
    header, age, covers = made
    policy = parse([header])
    assert (policy.max_age, policy.include_subdomains, policy.header) == (age, covers, header)


MISTAKES = [
    lambda header: f"{header}; max-age=31536000",
    lambda header: f"{header}; MAX-AGE=1",
    lambda header: header.replace("max-age=", "max-age=="),
    lambda header: header.replace("max-age=", "max-age: "),
    lambda header: header.replace("max-age=", "max-age=-"),
    lambda header: header.replace("max-age=", "max_age="),
    lambda header: header.replace("max-age=", "max-age=,"),
    lambda header: header.replace("max-age=", 'max-age="'),
    lambda header: header.replace("max-age=", "max-age= x "),
    lambda header: f": {header}",
    lambda header: f"{header}, includeSubDomains",
    lambda header: f"{header} includeSubDomains",
    lambda header: f"{header}; =1",
    lambda header: f'{header}; a="',
    lambda header: f"{header}\r\n",
    lambda header: f"{header}; includeSubDomains; includesubdomains",
]


@given(st.integers(0, 10**10), st.booleans(), st.sampled_from(range(len(MISTAKES))))
def test_one_mistake_voids_it(age: int, covers: bool, mistake: int) -> None:
    header = MISTAKES[mistake](f"max-age={age}" + "; includeSubDomains" * covers)
    assert parse([header]).state == "invalid", header
