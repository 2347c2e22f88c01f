"""A real server that speaks S3 on loopback (moto's), as a process of its own, and buckets in it."""

from __future__ import annotations

import re
import subprocess
import sys
import time
import uuid
from pathlib import Path
from typing import Self

from pyarrow import fs

from gemcrawl.places import StorePath

KEY, SECRET = "AKIAOFTHETESTSONLY42", "a-secret-0f-the-tests/and+of+nobody+else"


class StoreServer:
    """Serves while the context lasts; ``log`` holds a line for every request."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.endpoint = ""

    def __enter__(self) -> Self:
        with self.log.open("wb") as file:
            command = [sys.executable, "-W", "ignore", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
            self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=file)
        until = time.monotonic() + 60
        while not (found := re.search(r"Running on (http://127\.0\.0\.1:\d+)", self.log.read_text())):
            assert self._process.poll() is None, self.log.read_text()
            assert time.monotonic() < until
            time.sleep(0.05)
        self.endpoint = found[1]
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()

    @property
    def environment(self) -> dict[str, str]:
        """What leads a process there, by the variables that Amazon's own tools read."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def bucket(self) -> Store:
        """A new bucket with a prefix in it."""
        # as `gemcrawl.places` has it, but for the buckets
        client = fs.S3FileSystem(
            access_key=KEY,
            secret_key=SECRET,
            region="us-east-1",
            endpoint_override=self.endpoint,
            allow_bucket_creation=True,
            allow_delayed_open=True,
        )
        name = f"gemcrawl-{uuid.uuid4().hex[:12]}"
        client.create_dir(name)
        return Store(self, StorePath("s3", f"{name}/nights", client))


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

    def asked(self, method: str) -> list[str]:
        """What was asked of this bucket by this method, in order: paths below the prefix, with their query."""
        text = self._server.log.read_bytes()[self._from :].decode("utf-8", "replace")
        return re.findall(rf'"{method} /{self.place.key}/(\S*) HTTP', text)
