"""Real servers on loopback that speak what Amazon's, Google's and Azure's stores speak, each a process of its own, and buckets in them."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote, unquote

from pyarrow import fs

from gemcrawl.places import StorePath

KEY, SECRET = "AKIAOFTHETESTSONLY42", "a-secret-0f-the-tests/and+of+nobody+else"


class StoreServer(ABC):
    """Serves while the context lasts; ``log`` holds a line for every request."""

    scheme: str
    written: str
    """What a request that begins an object looks like, with {bucket} and {prefix}."""
    deleted: str

    def __init__(self, log: Path) -> None:
        self.log = log
        self.endpoint = ""

    def __enter__(self) -> Self:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{port}"
        command, environment = self._command(port)
        with self.log.open("wb") as file:
            self._process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=file, stderr=file)
        until = time.monotonic() + 60
        while not _listens(port):
            assert self._process.poll() is None, self.log.read_text()
            assert time.monotonic() < until
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    @property
    @abstractmethod
    def environment(self) -> dict[str, str]:
        """What leads a process there, by the variables that the store's own tools read."""

    @abstractmethod
    def _command(self, port: int) -> tuple[list[str], Mapping[str, str]]:
        """How it is started, and with what more in the environment."""

    @abstractmethod
    def _client(self) -> Any:
        """As `gemcrawl.clients` has it, but for the buckets."""

    def bucket(self) -> Store:
        """A new bucket with a prefix in it."""
        client = self._client()
        name = f"gemcrawl-{uuid.uuid4().hex[:12]}"
        client.create_dir(name)
        return Store(self, StorePath(self.scheme, f"{name}/nights", client))


class Amazon(StoreServer):
    """moto's server."""

    scheme = "s3"
    written = r'"PUT /{bucket}/{prefix}/(\S*) HTTP'
    deleted = r'"DELETE /{bucket}/{prefix}/(\S*) HTTP'

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def _command(self, port: int) -> tuple[list[str], Mapping[str, str]]:
        return [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], {}

    def _client(self) -> Any:
        return fs.S3FileSystem(
            access_key=KEY,
            secret_key=SECRET,
            region="us-east-1",
            endpoint_override=self.endpoint,
            allow_bucket_creation=True,
            allow_delayed_open=True,
        )


class Google(StoreServer):
    """gcp-storage-emulator; it asks nobody for credentials."""

    scheme = "gs"
    written = r'"POST /upload/storage/v1/b/{bucket}/o\?uploadType=resumable&name={quoted}%2F([^\s&]*)'
    deleted = r'"DELETE /storage/v1/b/{bucket}/o/{quoted}%2F([^\s?]*)'

    @property
    def environment(self) -> dict[str, str]:
        return {"STORAGE_EMULATOR_HOST": self.endpoint}

    def _command(self, port: int) -> tuple[list[str], Mapping[str, str]]:
        return [sys.executable, "-m", "gcp_storage_emulator", "start", "--in-memory", "--host", "127.0.0.1", "--port", str(port)], {}

    def _client(self) -> Any:
        return fs.GcsFileSystem(
            anonymous=True,
            scheme="http",
            endpoint_override=self.endpoint.removeprefix("http://"),
            retry_time_limit=timedelta(seconds=5),
            project_id="tests",
        )


class Azure(StoreServer):
    """Azurite, where AZURITE names the folder in which npm installed it (docs/stores.md)."""

    scheme = "az"
    written = r'"PUT /study/{bucket}/{prefix}/([^\s?]*) HTTP'
    deleted = r'"DELETE /study/{bucket}/{prefix}/([^\s?]*) HTTP'
    secret = "YS1zZWNyZXQtMGYtdGhlLXRlc3RzLWFuZC1vZi1ub2JvZHktZWxzZQ=="

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AZURE_STORAGE_ACCOUNT": "study",
            "AZURE_STORAGE_KEY": self.secret,
            "AZURE_STORAGE_SERVICE_ENDPOINT": f"{self.endpoint}/study",
        }

    def _command(self, port: int) -> tuple[list[str], Mapping[str, str]]:
        program = Path(os.environ["AZURITE"]) / "node_modules/azurite/dist/src/blob/main.js"
        options = [
            "--blobHost",
            "127.0.0.1",
            "--blobPort",
            str(port),
            "--inMemoryPersistence",
            "--skipApiVersionCheck",
            "--disableTelemetry",
        ]
        return ["node", str(program), *options], {"AZURITE_ACCOUNTS": f"study:{self.secret}"}

    def _client(self) -> Any:
        at = self.endpoint.removeprefix("http://")
        return fs.AzureFileSystem(
            "study",
            account_key=self.secret,
            blob_storage_authority=at,
            blob_storage_scheme="http",
            dfs_storage_authority=at,
            dfs_storage_scheme="http",
        )


SERVERS: dict[str, type[StoreServer]] = {"s3": Amazon, "gs": Google, "az": Azure}


class Store:
    """One output in the server."""

    def __init__(self, server: StoreServer, place: StorePath) -> None:
        self.place, self.environment, self._server = place, server.environment, server
        self._from = server.log.stat().st_size
        """The log up to here is about others."""

    @property
    def address(self) -> str:
        return str(self.place)

    def names(self) -> set[str]:
        """The objects below the prefix, without the empty ones that stand for directories."""
        selector = fs.FileSelector(self.place.key, recursive=True, allow_not_found=True)
        found = self.place.filesystem.get_file_info(selector)
        return {info.path.removeprefix(f"{self.place.key}/") for info in found if info.type == fs.FileType.File}

    def written(self) -> list[str]:
        """The objects that were written, in order, without those that only stand for directories or are written for a moment."""
        return [name for name in self._asked(self._server.written) if name and not name.endswith(("/", ".part"))]

    def deleted(self) -> list[str]:
        """The objects that were deleted one at a time, in order."""
        return [name for name in self._asked(self._server.deleted) if name and not name.endswith(".part")]

    def _asked(self, pattern: str) -> list[str]:
        text = self._server.log.read_bytes()[self._from :].decode("utf-8", "replace")
        bucket, _, prefix = self.place.key.partition("/")
        told = pattern.replace("{bucket}", bucket).replace("{prefix}", prefix).replace("{quoted}", quote(prefix, safe=""))
        return [unquote(name) for name in re.findall(told, text)]


def _listens(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0
