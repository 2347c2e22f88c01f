"""Clients of stores go where the environment leads, by the variables that each store's own tools read."""

from __future__ import annotations

import contextlib
import http.server
import threading
import time
from collections.abc import Iterator

import pytest

from gemcrawl import clients, settings
from gemcrawl.clients import client
from gemcrawl.exceptions import StoreFailed
from gemcrawl.places import StorePath

SECRET = "YS1zZWNyZXQtb2Ytbm9ib2R5"


@pytest.fixture(autouse=True)
def _made_anew() -> Iterator[None]:
    client.cache_clear()
    yield
    client.cache_clear()


@pytest.fixture
def asked() -> Iterator[tuple[int, list[str]]]:
    """A port where nothing is ever there, and what is asked of it."""
    paths: list[str] = []

    class Nothing(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(f"{self.headers['Host'].partition(':')[0]} {self.path.partition('?')[0]} {bool(self.headers['Authorization'])}")
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_HEAD = do_GET  # noqa: N815  the name that the server looks for

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Nothing) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.server_port, paths
        server.shutdown()


class TestGoogle:
    @pytest.mark.parametrize("form", ["http://127.0.0.1:{}", "127.0.0.1:{}", "http://127.0.0.1:{}/"])
    def test_an_emulator_is_asked_without_credentials(self, form: str, asked: tuple[int, list[str]], monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(settings, "GEMCRAWL_GCS_ENDPOINT", form.format(asked[0]))
        assert not StorePath("gs", "study/nights/a", client("gs")).exists()
        assert asked[1][0] == "127.0.0.1 /storage/v1/b/study/o/nights%2Fa False"

    def test_is_not_waited_for_long(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(settings, "GEMCRAWL_GCS_ENDPOINT", "127.0.0.1:1")
        monkeypatch.setattr(clients, "GOOGLE_SECONDS", 1)
        began = time.monotonic()
        with pytest.raises(StoreFailed, match="gs://study/nights cannot be read"):
            StorePath("gs", "study/nights", client("gs")).exists()
        assert time.monotonic() - began < 30


class TestAzure:
    @pytest.fixture(autouse=True)
    def _account(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(settings, "GEMCRAWL_AZURE_ACCOUNT", "study")
        monkeypatch.setenv("AZURE_STORAGE_KEY", SECRET)

    @pytest.mark.parametrize("form", ["http://127.0.0.1:{}/study", "http://127.0.0.1:{}"])
    def test_a_server_of_one_s_own_has_the_account_in_the_path(
        self, form: str, asked: tuple[int, list[str]], monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(settings, "GEMCRAWL_AZURE_ENDPOINT", form.format(asked[0]))
        with contextlib.suppress(StoreFailed):
            StorePath("az", "box/nights/a", client("az")).exists()
        assert asked[1][0] == "127.0.0.1 /study/box/ True"

    def test_another_cloud_has_it_in_the_name(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(settings, "GEMCRAWL_AZURE_ENDPOINT", "https://study.blob.core.chinacloudapi.cn")
        made = {}
        monkeypatch.setattr(clients.fs, "AzureFileSystem", lambda account, **more: made.update(more, account=account))
        client("az")
        assert made == {
            "account": "study",
            "account_key": SECRET,
            "blob_storage_authority": ".blob.core.chinacloudapi.cn",
            "blob_storage_scheme": "https",
            "dfs_storage_authority": ".dfs.core.chinacloudapi.cn",
            "dfs_storage_scheme": "https",
        }


@pytest.mark.parametrize("address", ["ftp://127.0.0.1:1", "https://", "http://geheim:geheim@127.0.0.1:1", "http://127.0.0.1:1/?sig=geheim"])
@pytest.mark.parametrize(("scheme", "setting"), [("gs", "GEMCRAWL_GCS_ENDPOINT"), ("az", "GEMCRAWL_AZURE_ENDPOINT")])
def test_an_address_that_cannot_be_used_is_refused_and_not_repeated(
    scheme: str, setting: str, address: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(settings, "GEMCRAWL_AZURE_ACCOUNT", "study")
    monkeypatch.setattr(settings, setting, address)
    with pytest.raises(ValueError, match="must be an address without credentials") as refused:
        client(scheme)
    assert "geheim" not in str(refused.value)
