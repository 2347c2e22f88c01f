"""The whole program with --archive on a small web: what is published, that it is what was sent, and that standard tools replay it."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from warcio.archiveiterator import ArchiveIterator

from gemcrawl.evidence.archive import ARCHIVE
from gemcrawl.fetch.browser import find_browser
from tests.cli.program import options, run, start
from tests.support.authority import Authority
from tests.support.world import Reply, Route, World, redirect
from tests.thirdparty import install
from tests.thirdparty.conftest import installed

HERE = Path(__file__).parent
OFFICIAL = "J. (Jannie) van der Ambtenaar"
EMAIL, PHONE = "jannie.ambtenaar@aa.test", "06-12345678"
FIELDS = (
    "<label>Naam <input name=naam autocomplete=name></label><label>E-mailadres <input name=mail type=email></label>"
    "<label>Uw vraag <textarea name=vraag></textarea></label><button>Verzenden</button>"
)
CONTACT = f"<form method=post action=/verzend>{FIELDS}</form>"
BOOKING = (
    "<form method=post action=/afspraak2><label>Kies een product <select name=product><option>Paspoort</select></label>"
    "<label>Datum <input name=datum type=date></label><label>Naam <input name=naam autocomplete=name></label><button>Afspraak maken</button></form>"
)


def page(title: str, *parts: str) -> str:
    return f"<!doctype html><html lang=nl><title>{title}</title><main><h1>{title}</h1>{''.join(parts)}</main></html>"


HOME = page("Gemeente", "<a href=/afspraak>Afspraak maken</a> <a href=/contact>Contact</a>")
SECURE: dict[str, Route] = {
    "http:/": redirect("https://www.aa.test/"),
    "/": HOME,
    "/contact": page(
        "Contact", f"<p>Vraag naar {OFFICIAL}, {EMAIL}, <a href='tel:{PHONE}'>{PHONE}</a>.</p><a href='mailto:{EMAIL}'>mail</a>", CONTACT
    ),
    "/afspraak": page("Afspraak maken", "<iframe src='https://balie.afspraken.test/kies' width=800 height=600></iframe>"),
}
FRAME: dict[str, Route] = {"/kies": page("Afspraak maken", BOOKING)}
PLAIN: dict[str, Route] = {
    "/": redirect("http://www.bee.test/"),
    "http:/": HOME,
    "http:/contact": page("Contact", CONTACT),
    "https:/contact": redirect("http://www.bee.test/contact"),
    "http:/afspraak": page("Afspraak maken", BOOKING),
    "https:/afspraak": redirect("http://www.bee.test/afspraak"),
}
SCRIPTED: dict[str, Route] = {
    "http:/": redirect("https://www.cee.test/"),
    "/": page("Gemeente", "<a href=/contact>Contact</a>"),
    "/contact": Reply('<!doctype html><div id="app"></div><script src="/app.js"></script>'),
    "/app.js": Reply(
        f"document.title = 'Contact'; document.getElementById('app').innerHTML = {json.dumps('<h1>Contactformulier</h1>' + CONTACT)}",
        headers={"Content-Type": "text/javascript"},
    ),
}
HOSTS = {"www.aa.test": SECURE, "balie.afspraken.test": FRAME, "www.bee.test": PLAIN, "www.cee.test": SCRIPTED}
SITES = ("www.aa.test", "www.bee.test", "www.cee.test")
AA, BEE, CEE = "GM9001", "GM9002", "GM9003"


class Night:
    """A published night with evidence."""

    def __init__(self, output: Path) -> None:
        (self.folder,) = output.glob("snapshot=*")

    def rows(self, table: str) -> list[dict[str, Any]]:
        return pq.read_table(self.folder / f"{table}.parquet", partitioning=None).to_pylist()

    def forms(self) -> list[dict[str, Any]]:
        return [form for form in self.rows("forms") if form["kind"] in ("appointment", "contact")]

    def form(self, code: str, kind: str) -> dict[str, Any]:
        (found,) = (form for form in self.forms() if (form["municipality"], form["kind"]) == (code, kind))
        return found

    def record(self, form: dict[str, Any]) -> tuple[str, bytes]:
        """Address and content of the record that a form refers to."""
        path, _, offset = form["evidence"].partition("#")
        with (self.folder / path).open("rb") as file:
            file.seek(int(offset))
            record = next(iter(ArchiveIterator(file, check_digests="raise")))
            return record.rec_headers.get_header("WARC-Target-URI"), record.content_stream().read()

    def kept(self) -> list[str]:
        """Addresses of all responses, digests checked."""
        with (self.folder / ARCHIVE).open("rb") as file:
            records = [
                (one.rec_type, one.rec_headers.get_header("WARC-Target-URI")) for one in ArchiveIterator(file, check_digests="raise")
            ]
        return [url for kind, url in records if kind == "response"]


@pytest.fixture(scope="module")
def world(authority: Authority) -> Iterator[World]:
    with World(HOSTS, authority) as served:
        yield served


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory, world: World) -> Night:
    folder = tmp_path_factory.mktemp("evidence")
    ended = run("crawl", *options(world, world.registry(folder, *SITES), folder / "out"), "--archive", cwd=folder)
    assert ended.code == 0, ended.err
    return Night(folder / "out")


def test_the_record_of_a_form_is_its_page_as_it_was_read(night: Night) -> None:
    assert {(form["municipality"], form["kind"]) for form in night.forms()} >= {(AA, "appointment"), (AA, "contact"), (BEE, "contact")}
    for form in night.forms():
        url, content = night.record(form)
        assert url == form["page_url"]
        assert hashlib.sha256(content).hexdigest() == form["page_sha256"]


def test_pages_without_such_a_form_are_not_kept_but_what_frames_one_is(night: Night) -> None:
    assert "https://www.aa.test/" not in night.kept()
    assert "https://www.aa.test/afspraak" in night.kept()
    assert "https://balie.afspraken.test/kies" in night.kept()
    assert len(night.kept()) == len(set(night.kept()))


@pytest.mark.skipif(find_browser() is None, reason="no Chromium")
def test_a_form_that_scripts_made_has_its_page_as_fetched(night: Night) -> None:
    form = night.form(CEE, "contact")
    assert form["rendered"]
    assert b'<div id="app"></div>' in night.record(form)[1]


@pytest.mark.skipif(find_browser() is None, reason="no Chromium")
def test_insecure_forms_and_no_others_have_a_picture(night: Night) -> None:
    insecure = {form["form_id"] for form in night.forms() if form["verdict"] == "insecure"}
    assert night.form(BEE, "contact")["form_id"] in insecure
    pictures = {form["form_id"]: form["picture"] for form in night.rows("forms") if form["picture"]}
    assert set(pictures) == insecure
    for form_id, path in pictures.items():
        assert path == f"evidence/{form_id}.webp"
        assert (night.folder / path).read_bytes()[8:12] == b"WEBP"
    assert {path.name for path in (night.folder / "evidence").iterdir()} == {"archive.warc.gz", *(f"{one}.webp" for one in pictures)}


def test_nothing_but_get_and_head_was_sent_and_nothing_was_submitted(night: Night, world: World) -> None:
    assert night.forms()
    assert {asked.method for asked in world.log} <= {"GET", "HEAD"}
    assert not [asked.path for asked in world.log if asked.path in ("/verzend", "/afspraak2")]


def test_no_column_has_the_name_the_mail_address_or_the_number_of_an_official(night: Night) -> None:
    assert PHONE.encode() in night.record(night.form(AA, "contact"))[1], "the page has them, and so has the archive"
    for table in ("municipalities", "forms", "pages", "hosts"):
        told = json.dumps(night.rows(table), default=str, ensure_ascii=False)
        for part in ("Ambtenaar", "ambtenaar", EMAIL, PHONE, "12345678"):
            assert part not in told, (table, part)


def test_standard_tools_find_nothing_wrong_with_it(night: Night) -> None:
    command = [sys.executable, "-m", "warcio.cli", "check", "-v", str(night.folder / ARCHIVE)]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert checked.returncode == 0, checked.stdout
    assert checked.stdout.count("digest pass") >= 2 * len(night.kept())
    form = night.form(AA, "contact")
    extract = [
        sys.executable,
        "-m",
        "warcio.cli",
        "extract",
        "--payload",
        *form["evidence"].replace(ARCHIVE, str(night.folder / ARCHIVE)).split("#"),
    ]
    assert CONTACT.encode() in subprocess.run(extract, capture_output=True, timeout=60, check=True).stdout


_SERVE = """
from gevent.pywsgi import WSGIServer
from pywb.apps.cli import WaybackCli
server = WSGIServer(("127.0.0.1", 0), WaybackCli(args=[]).application)
server.start()
print(server.server_port, flush=True)
server.serve_forever()
"""


@contextmanager
def replayed(archive: Path, folder: Path) -> Iterator[str]:
    """The address at which pywb replays an archive, on loopback."""
    python = installed(lambda: install.environment(HERE / "pywb.txt", seconds=600))
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    (folder / "config.yaml").write_text("collections_root: collections\n")  # else it complains where the port is expected
    for command in (["init", "night"], ["add", "night", str(archive)]):
        manage = [str(python.parent / "wb-manager"), *command]
        subprocess.run(manage, cwd=folder, env=environment, check=True, capture_output=True, timeout=60)
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen([str(python), "-c", _SERVE], cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=log, text=True) as served,
    ):
        try:
            assert served.stdout is not None
            port = served.stdout.readline().strip()
            assert port.isdigit(), (folder / "log").read_text()
            yield f"http://127.0.0.1:{port}/night"
        finally:
            served.terminate()


@pytest.mark.timeout(900)
def test_pywb_replays_every_page(night: Night, tmp_path: Path) -> None:
    with replayed(night.folder / ARCHIVE, tmp_path) as address:
        for form in night.forms():
            with urllib.request.urlopen(f"{address}/mp_/{form['page_url']}", timeout=30) as answer:
                assert answer.status == 200
                replay = answer.read().decode()
            expected = 'id="app"' if form["rendered"] else "<form"
            assert expected in replay
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{address}/mp_/https://www.aa.test/", timeout=30)


def test_a_night_that_was_killed_and_taken_up_has_all_of_it(tmp_path: Path, authority: Authority) -> None:
    slow = {**PLAIN, "http:/contact": Reply(str(PLAIN["http:/contact"]), delay=3)}
    with World({**HOSTS, "www.bee.test": slow}, authority) as served:
        arguments = ["crawl", *options(served, served.registry(tmp_path, *SITES), tmp_path / "out"), "--archive", "--no-render"]
        process = start(*arguments, cwd=tmp_path)
        until = time.monotonic() + 60
        while not list((tmp_path / "out").glob(f"runs/*/parts/{AA}/*")):
            assert time.monotonic() < until
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert not list((tmp_path / "out").glob("snapshot=*"))
        ended = run(*arguments, cwd=tmp_path)
    assert ended.code == 0, ended.err
    night = Night(tmp_path / "out")
    assert {form["municipality"] for form in night.forms()} >= {AA, BEE}
    for form in night.forms():
        assert hashlib.sha256(night.record(form)[1]).hexdigest() == form["page_sha256"]
    assert {form["page_url"] for form in night.forms()} <= set(night.kept())


def test_several_processes_make_one_archive(tmp_path: Path, world: World) -> None:
    arguments = options(world, world.registry(tmp_path, *SITES), tmp_path / "out")
    ended = run("crawl", *arguments, "--archive", "--no-render", "--workers", "2", cwd=tmp_path)
    assert ended.code == 0, ended.err
    night = Night(tmp_path / "out")
    assert {form["municipality"] for form in night.forms()} >= {AA, BEE}
    for form in night.forms():
        assert night.record(form)[0] == form["page_url"]


def test_without_the_option_there_is_no_evidence(tmp_path: Path, world: World) -> None:
    ended = run("crawl", *options(world, world.registry(tmp_path, *SITES), tmp_path / "out"), "--no-render", cwd=tmp_path)
    assert ended.code == 0, ended.err
    night = Night(tmp_path / "out")
    assert {(form["evidence"], form["picture"]) for form in night.forms()} == {(None, None)}
    assert not (night.folder / "evidence").exists()
