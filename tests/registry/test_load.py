from __future__ import annotations

import csv
import hashlib
import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gemcrawl.exceptions import RegistryError, UsageError
from gemcrawl.registry import Entry, load
from gemcrawl.registry.table import MAX_BYTES

TODAY = date(2026, 11, 23)
HEADER = "code,name,province,website"
UTRECHT = "GM0344,Utrecht,Utrecht,www.utrecht.nl"


@pytest.fixture
def write(tmp_path: Path):
    def write(*lines: str, encoding: str = "utf-8", name: str = "registry.csv") -> Path:
        path = tmp_path / name
        path.write_bytes("".join(f"{line}\n" for line in lines).encode(encoding))
        return path

    return write


def refusal(path: Path, **options) -> RegistryError:
    with pytest.raises(RegistryError) as caught:
        load(path, **{"as_of": TODAY} | options)
    assert "\n" not in str(caught.value)
    return caught.value


class TestThePackagedRegistry:
    @pytest.mark.parametrize(
        ("day", "count"),
        [
            ("2016-01-01", 390),
            ("2016-12-31", 390),
            ("2017-01-01", 388),
            ("2018-01-01", 380),
            ("2019-01-01", 355),
            ("2021-01-01", 352),
            ("2022-01-01", 345),
            ("2022-03-23", 345),
            ("2022-03-24", 344),
            ("2023-01-01", 342),
            ("2026-11-23", 342),
        ],
    )
    def test_holds_who_existed_on_a_date(self, day, count):
        registry = load(as_of=date.fromisoformat(day))
        assert registry.rows == len(registry.entries) == count
        assert registry.as_of == date.fromisoformat(day)

    def test_is_sorted_by_code_and_names_its_source(self):
        registry = load(as_of=TODAY)
        codes = [entry.code for entry in registry.entries]
        assert codes == sorted(set(codes))
        assert registry.source == "gemcrawl/registry/municipalities.csv"
        assert re.fullmatch("[0-9a-f]{64}", registry.sha256)

    def test_has_a_website_and_a_place_within_the_country_for_everyone(self):
        for entry in load(as_of=date(2016, 1, 1)).entries + load(as_of=TODAY).entries:
            assert re.fullmatch(r"[a-z0-9.-]+\.(nl|eu|net|org|info|frl)", entry.website)
            assert 50.7 < entry.lat < 53.6
            assert 3.3 < entry.lon < 7.3

    @pytest.mark.parametrize(("day", "website"), [("2016-12-31", "www.leiden.nl"), ("2017-01-01", "gemeente.leiden.nl")])
    def test_uses_the_websites_of_2016_until_2017(self, day, website):
        (leiden,) = load(as_of=date.fromisoformat(day), only=["GM0546"]).entries
        assert leiden.website == website

    def test_knows_hosts_of_all_390(self):
        entries = load(as_of=date(2016, 1, 1)).entries
        assert all(entry.known_hosts for entry in entries)
        assert "afspraak.appingedam.nl" in entries[0].known_hosts

    def test_knows_what_became_of_those_that_ended(self):
        (haaren,) = load(as_of=date(2016, 1, 1), only=["GM0788"]).entries
        assert haaren.successor == "GM0757+GM0824+GM0855+GM0865"

    def test_lists_exactly_the_open_rows_of_the_file_today(self):
        with (Path(load.__code__.co_filename).parent / "municipalities.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert [entry.code for entry in load(as_of=TODAY).entries] == [row["code"] for row in rows if not row["valid_to"]]


class TestAFileOfOnesOwn:
    def test_needs_four_columns_only(self, write):
        path = write(HEADER, UTRECHT)
        registry = load(path, as_of=TODAY)
        assert registry.entries == (Entry("GM0344", "Utrecht", "Utrecht", "www.utrecht.nl"),)
        assert registry.source == str(path)
        assert registry.rows == 1

    def test_may_have_the_further_columns_in_any_order_and_others(self, write):
        path = write(
            "lon,lat,remark,website,province,name,code,valid_from,valid_to,successor,website_2016",
            "5.1,52.09,x,www.utrecht.nl,Utrecht,Utrecht,GM0344,2001-01-01,2030-01-01,GM0001+GM0002,oud.utrecht.nl",
        )
        (entry,) = load(path, as_of=TODAY).entries
        assert entry == Entry("GM0344", "Utrecht", "Utrecht", "www.utrecht.nl", (), 52.09, 5.1, "GM0001+GM0002")
        assert load(path, as_of=date(2016, 5, 1)).entries[0].website == "oud.utrecht.nl"

    def test_may_begin_with_a_byte_order_mark_and_have_windows_line_ends_and_blank_lines(self, tmp_path):
        path = tmp_path / "r.csv"
        path.write_bytes(f"\ufeff{HEADER}\r\n\r\n{UTRECHT}\r\n\r\n".encode())
        assert len(load(path, as_of=TODAY).entries) == 1

    def test_does_not_get_the_packaged_known_hosts(self, write):
        path = write(HEADER, "GM0003,Appingedam,Groningen,www.appingedam.nl")
        assert load(path, as_of=TODAY).entries[0].known_hosts == ()

    def test_may_come_with_known_hosts(self, write):
        hosts = write("code,host", "GM0344,B.utrecht.nl", "GM0344,a.utrecht.nl", "GM0344,b.utrecht.nl", name="hosts.csv")
        (entry,) = load(write(HEADER, UTRECHT), as_of=TODAY, known_hosts=hosts).entries
        assert entry.known_hosts == ("b.utrecht.nl", "a.utrecht.nl")

    def test_sha256_is_of_the_file_on_disk(self, write):
        path = write(HEADER, UTRECHT)
        assert load(path, as_of=TODAY).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()

    def test_hosts_become_lower_case_a_labels(self, write):
        (entry,) = load(write(HEADER, "GM1900,Súdwest-Fryslân,Fryslân,WWW.Súdwest-Fryslân.NL"), as_of=TODAY).entries
        assert entry.website.encode("ascii").decode("idna") == "www.súdwest-fryslân.nl"
        assert entry.name == "Súdwest-Fryslân"


class TestRefused:
    @pytest.mark.parametrize(
        ("lines", "line", "words"),
        [
            (["code,name,province", "GM0344,Utrecht,Utrecht"], 1, "column website is missing"),
            (["", "naam", "x"], 2, "column code, name, province, website is missing"),
            ([HEADER.replace(",", ";"), UTRECHT.replace(",", ";")], 1, "separated by semicolons"),
            ([f"{HEADER},code", f"{UTRECHT},GM0344"], 1, "column 'code' occurs twice"),
            ([HEADER, UTRECHT, UTRECHT], 3, "code GM0344 occurs twice"),
            ([HEADER, UTRECHT, "GM0345,Veenendaal,Utrecht"], 3, "3 cells where the first line names 4 columns"),
            ([HEADER, f"{UTRECHT},extra"], 2, "5 cells"),
            ([HEADER, "GM344,Utrecht,Utrecht,www.utrecht.nl"], 2, "code 'GM344' is not two capitals and four digits"),
            ([HEADER, "gm0344,Utrecht,Utrecht,www.utrecht.nl"], 2, "code 'gm0344'"),
            ([HEADER, "GM٠٣٤٤,Utrecht,Utrecht,www.utrecht.nl"], 2, "two capitals and four digits"),
            ([HEADER, "../etc,Utrecht,Utrecht,www.utrecht.nl"], 2, "code '../etc'"),
            ([HEADER, "GM0344, ,Utrecht,www.utrecht.nl"], 2, "column name is empty"),
            ([HEADER, "GM0344,Utrecht,,www.utrecht.nl"], 2, "column province is empty"),
            ([HEADER, "GM0344,\x1b[31mUtrecht,Utrecht,www.utrecht.nl"], 2, "column name contains the unprintable character U+001B"),
            ([HEADER, 'GM0344,"Utre\ncht",Utrecht,www.utrecht.nl'], 2, "U+000A"),
            ([HEADER, "GM0344,Utre\u202echt,Utrecht,www.utrecht.nl"], 2, "U+202E"),
            ([HEADER, "GM0344,Utre\x00cht,Utrecht,www.utrecht.nl"], 2, "U+0000"),
            ([HEADER, 'GM0344,"Utrecht,Utrecht,www.utrecht.nl'], 2, "not CSV"),
            ([HEADER, f"GM0344,{'x' * 200_000},Utrecht,www.utrecht.nl"], 2, "not CSV: field larger than"),
            ([HEADER], None, "holds no rows"),
            (["", ""], None, "empty"),
        ],
    )
    def test_a_malformed_file(self, write, lines, line, words):
        error = refusal(write(*lines))
        assert error.line == line
        assert words in error.reason

    @pytest.mark.parametrize(
        ("host", "words"),
        [
            ("", "empty"),
            ("https://www.utrecht.nl", "is a URL"),
            ("www.utrecht.nl/home", "has a path"),
            ("www.utrecht.nl:8443", "has a port"),
            ("user@utrecht.nl", "has a user name"),
            ("www utrecht.nl", "has a space"),
            ("www..nl", "not a host name"),
            ("-x.nl", "not a host name"),
            ("x_y.nl", "not a host name"),
            ("xn--a.nl", "not a host name"),
            ("xn--\u00e9.nl", "not a host name"),
            ("\u2488com.nl", "not a host name"),
            (f"{'a' * 64}.nl", "not a host name"),
            (".".join(["a" * 60] * 5), "not a host name"),
            ("localhost", "not a host name"),
            ("127.0.0.1", "not a host name"),
            ("example.0x7f", "not a host name"),
            ("www.utrecht.nl.", "not a host name"),
            ("www.utrecht.nl?x", "not a host name"),
        ],
    )
    def test_a_website_that_is_not_a_host_name(self, write, host, words):
        error = refusal(write(HEADER, f"GM0344,Utrecht,Utrecht,{host}"))
        assert error.line == 2
        assert "column website" in error.reason
        assert words in error.reason

    @pytest.mark.parametrize(
        ("column", "value", "words"),
        [
            ("valid_from", "1-1-2020", "'1-1-2020' is not a date"),
            ("valid_to", "2020-02-30", "'2020-02-30' is not a date"),
            ("valid_to", "20200101", "is not a date"),
            ("valid_to", "2020-W01-1", "is not a date"),
            ("lat", "91", "degrees"),
            ("lat", "nan", "degrees"),
            ("lon", "5,1", "degrees"),
            ("lon", "-181.0", "degrees"),
            ("successor", "Utrecht", "is not a code"),
            ("successor", "GM0344+", "is not a code"),
            ("website_2016", "http://x.nl", "column website_2016"),
        ],
    )
    def test_a_malformed_further_column(self, write, column, value, words):
        error = refusal(write(f"{HEADER},{column}", f'{UTRECHT},"{value}"'))
        assert error.line == 2
        assert words in error.reason

    @pytest.mark.parametrize("until", ["2019-12-31", "2020-01-01"])
    def test_an_end_that_is_not_after_the_beginning(self, write, until):
        error = refusal(write(f"{HEADER},valid_from,valid_to", f"{UTRECHT},2020-01-01,{until}"))
        assert (error.line, "is not after valid_from 2020-01-01" in error.reason) == (2, True)

    def test_nobody_on_that_date(self, write):
        path = write(f"{HEADER},valid_from", f"{UTRECHT},2027-01-01")
        assert refusal(path).reason == "holds no municipality that existed on 2026-11-23"
        assert len(load(path, as_of=date(2027, 1, 1)).entries) == 1

    @pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
    def test_another_encoding(self, write, encoding):
        error = refusal(write(HEADER, UTRECHT, "GM1900,Súdwest-Fryslân,Fryslân,www.sudwestfryslan.nl", encoding=encoding))
        assert error.line == (3 if encoding == "latin-1" else 1)
        assert "not UTF-8" in error.reason

    def test_what_cannot_be_read(self, tmp_path):
        assert "No such file" in refusal(tmp_path / "absent.csv").reason
        assert "directory" in refusal(tmp_path).reason.lower()
        assert "cannot be read" in refusal(Path("a\0b")).reason

    def test_an_empty_file(self, tmp_path):
        path = tmp_path / "empty.csv"
        path.touch()
        assert "empty" in refusal(path).reason

    def test_a_file_without_end(self):
        assert "larger than 50 MB" in refusal(Path("/dev/zero")).reason

    def test_a_file_that_is_too_large_is_not_parsed(self, tmp_path):
        path = tmp_path / "large.csv"
        with path.open("wb") as file:
            file.truncate(MAX_BYTES + 1)
        assert "larger than 50 MB" in refusal(path).reason

    @pytest.mark.parametrize(
        ("lines", "line", "words"),
        [
            (["code", "GM0344"], 1, "column host is missing"),
            (["code,host", "GM0345,a.nl"], 2, "code 'GM0345' is not in the registry"),
            (["code,host", "GM0344,a.nl", "GM0344,https://a.nl/"], 3, "column host"),
        ],
    )
    def test_malformed_known_hosts(self, write, lines, line, words):
        hosts = write(*lines, name="hosts.csv")
        error = refusal(write(HEADER, UTRECHT), known_hosts=hosts)
        assert (error.path, error.line) == (hosts, line)
        assert words in error.reason

    @given(st.binary(max_size=300))
    def test_bytes_of_any_kind_are_read_or_refused(self, tmp_path_factory, content):
        path = tmp_path_factory.getbasetemp() / "any.csv"
        path.write_bytes(f"{HEADER}\n".encode() + content)
        try:
            registry = load(path, as_of=TODAY)
        except RegistryError as error:
            message = str(error)
        else:
            message = ""
            assert registry.entries
        assert message.isprintable()

    @given(st.text(max_size=40))
    def test_text_of_any_kind_as_host_is_a_plain_host_name_or_refused(self, tmp_path_factory, text):
        path = tmp_path_factory.getbasetemp() / "host.csv"
        with path.open("w", encoding="utf-8", errors="surrogatepass", newline="") as file:
            csv.writer(file).writerows([HEADER.split(","), ["GM0344", "Utrecht", "Utrecht", f"{text}.nl"]])
        try:
            (entry,) = load(path, as_of=TODAY).entries
        except RegistryError as error:
            message = str(error)
        else:
            message = ""
            assert re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", entry.website)
        assert message.isprintable()


class TestOnly:
    def test_keeps_the_codes_named_in_the_order_of_the_registry(self):
        registry = load(as_of=TODAY, only=["GM0363", "GM0344", "GM0363"])
        assert [entry.name for entry in registry.entries] == ["Utrecht", "Amsterdam"]
        assert registry.rows == 342

    @pytest.mark.parametrize(
        ("code", "day", "words"),
        [
            ("GM9999", TODAY, ["'GM9999' is not the code of a municipality on 2026-11-23"]),
            ("GM034", TODAY, ["near: GM0"]),
            ("gm0344", TODAY, ["near: GM0344 (Utrecht)"]),
            ("Utrecht", TODAY, ["near: GM0344 (Utrecht)"]),
            ("amsterdm", TODAY, ["GM0363 (Amsterdam)"]),
            ("GM0003", TODAY, ["GM0003 (Appingedam) ended on 2021-01-01, before 2026-11-23", "it became GM1979 (Eemsdelta)"]),
            ("GM0053", TODAY, ["it became GM1966 (Het Hogeland), GM1969 (Westerkwartier)"]),
            ("GM1979", date(2016, 1, 1), ["GM1979 (Eemsdelta) began on 2021-01-01, after 2016-01-01"]),
            ("\x1b[2J", TODAY, [r"'\x1b[2J' is not the code"]),
        ],
    )
    def test_explains_a_code_that_is_not_there(self, code, day, words):
        with pytest.raises(UsageError) as caught:
            load(as_of=day, only=["GM0344", code])
        assert str(caught.value).isprintable()
        for word in words:
            assert word in str(caught.value)

    def test_explains_all_of_them_at_once(self):
        with pytest.raises(UsageError, match=r"'GM9998'.*'GM9999'"):
            load(as_of=TODAY, only=["GM9998", "GM9999"])
