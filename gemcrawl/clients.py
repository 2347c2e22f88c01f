"""pyarrow's clients of object stores, set up by the environment variables that each store's own tools read."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import Any
from urllib.parse import SplitResult, urlsplit

from pyarrow import fs

from gemcrawl import settings

SCHEMES = ("s3", "gs", "az")
GOOGLE_SECONDS = 20
"""A request to Google is tried again for so long; pyarrow's own choice is a quarter of an hour.  The others give up within seconds."""


@cache
def client(scheme: str) -> Any:
    """The client of a store (docs/stores.md); no request is sent.

    Args:
        scheme: one of `SCHEMES`.

    Raises:
        OSError, ValueError: what the environment says of it cannot be used.
    """
    return {"s3": _amazon, "gs": _google, "az": _azure}[scheme]()


def _amazon() -> Any:
    # with delayed opening a small object is one request instead of the three of a multipart upload
    return fs.S3FileSystem(endpoint_override=settings.GEMCRAWL_S3_ENDPOINT or None, allow_delayed_open=True)


def _google() -> Any:
    limit = timedelta(seconds=GOOGLE_SECONDS)
    if not (emulator := settings.GEMCRAWL_GCS_ENDPOINT):
        return fs.GcsFileSystem(retry_time_limit=limit)
    # with or without http://, and without credentials: so Google's own libraries read the variable
    parts = _parts("STORAGE_EMULATOR_HOST", emulator if "://" in emulator else f"http://{emulator}")
    return fs.GcsFileSystem(anonymous=True, scheme=parts.scheme, endpoint_override=parts.netloc, retry_time_limit=limit)


def _azure() -> Any:
    if not (account := settings.GEMCRAWL_AZURE_ACCOUNT):
        raise ValueError("which storage account? Name it in AZURE_STORAGE_ACCOUNT")
    key = settings.azure_key()  # without it, pyarrow goes by Azure's default chain
    if not settings.GEMCRAWL_AZURE_ENDPOINT:
        return fs.AzureFileSystem(account, account_key=key)
    parts = _parts("AZURE_STORAGE_SERVICE_ENDPOINT", settings.GEMCRAWL_AZURE_ENDPOINT)
    # pyarrow puts the account in front of a name that begins with a dot, and behind any other
    blob = parts.netloc.removeprefix(account) if parts.netloc.startswith(f"{account}.") else parts.netloc
    return fs.AzureFileSystem(
        account,
        account_key=key,
        blob_storage_authority=blob,
        blob_storage_scheme=parts.scheme,
        dfs_storage_authority=blob.replace(".blob.", ".dfs.", 1),
        dfs_storage_scheme=parts.scheme,
    )


def _parts(variable: str, address: str) -> SplitResult:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc or "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError(f"{variable} must be an address without credentials, such as http://127.0.0.1:10000")
    return parts
