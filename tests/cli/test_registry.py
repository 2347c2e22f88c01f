"""``gemcrawl registry --refresh`` as users start it, from a file and from a server on loopback."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.program import run
from tests.registry.test_refresh import REGISTER
from tests.support.world import Reply, Tls, World, redirect

EXPORTS = Path(__file__).parents[1] / "registry" / "exports"
EXPORT = EXPORTS / "oo-2.6.9.xml"
ARGUMENTS = ["--registry", "register.csv", "--as-of", "2027-06-01", "--keep", "GM9002", "--keep", "GM9006"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "register.csv").write_text(REGISTER)
    return tmp_path


def test_the_difference_is_told_and_a_file_written_only_on_request(folder: Path) -> None:
    told = run("registry", "--refresh", EXPORT, "--domains", EXPORTS / "rio.xml", *ARGUMENTS, cwd=folder, fresh=True)
    assert told.code == 0, told.err
    assert "ends     GM9003  Cee, on 2028-01-01" in told.out
    assert sorted(path.name for path in folder.iterdir()) == ["register.csv"]
    done = run("registry", "--refresh", EXPORT, *ARGUMENTS, "--successor", "GM9003=GM9001", "--write", "new.csv", cwd=folder)
    assert done.code == 0, done.err
    assert "GM9003,Cee,Utrecht,www.cee.test,,2023-01-01,2028-01-01,GM9001,52.4,5.4" in (folder / "new.csv").read_text()
    assert (folder / "register.csv").read_text() == REGISTER


def test_what_cannot_be_true_is_wrong_usage(folder: Path) -> None:
    found = run("registry", "--refresh", EXPORT, "--registry", "register.csv", "--write", "new.csv", cwd=folder)
    assert found.code == 2
    assert "problem  GM9006" in found.out
    assert not (folder / "new.csv").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["--refresh", "none.xml"],
        ["--refresh", "http://www.organisaties.test/exportOO.xml"],
        ["--write", "new.csv"],
        ["--refresh", str(EXPORT), "--province", "GM9009"],
        ["--refresh", str(EXPORT), "--successor", "GM9009=Aa"],
    ],
)
def test_wrong_usage(arguments: list[str], folder: Path) -> None:
    found = run("registry", *arguments, cwd=folder)
    assert found.code == 2
    assert len(found.err.splitlines()) == 1
    assert found.err.startswith("gemcrawl: ")


def test_it_is_fetched_over_https_that_can_be_trusted(folder: Path, make_world: Callable[..., World]) -> None:
    body = Reply(EXPORT.read_bytes(), headers={"Content-Type": "application/xml"})
    hosts = {
        "www.organisaties.test": {
            "/archive/exportOO.xml": body,
            "/moved.xml": redirect("https://evil.test/x"),
            "/gone.xml": Reply(status=404),
        },
        "expired.test": {"/archive/exportOO.xml": body},
    }
    world = make_world(hosts, tls={"expired.test": Tls(fault="expired")})

    def refresh(url: str) -> tuple[int, str]:
        ended = run("registry", "--refresh", url, *ARGUMENTS, cwd=folder, settings={**world.settings, "DOWNLOAD_DELAY": 0.01})
        return ended.code, ended.out + ended.err

    code, told = refresh("https://www.organisaties.test/archive/exportOO.xml")
    assert code == 0, told
    assert "ends     GM9003" in told
    assert world.paths("www.organisaties.test") == ["/archive/exportOO.xml"]
    for url, reason in (
        ("https://expired.test/archive/exportOO.xml", "cannot be trusted"),
        ("https://www.organisaties.test/moved.xml", "https://evil.test/x"),
        ("https://www.organisaties.test/gone.xml", "status 404"),
    ):
        code, told = refresh(url)
        assert (code, reason in told) == (2, True), told
    assert {asked.method for asked in world.log} == {"GET"}
