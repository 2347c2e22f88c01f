from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from gemcrawl.transport.trust import TrustStore

from .builders import Issued, issue


@dataclass(frozen=True)
class Authority:
    """A root, the intermediate under it, and the file with the root."""

    root: Issued
    intermediate: Issued
    ca_file: Path


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    root = issue("Stam", authority=True)
    ca_file = tmp_path_factory.mktemp("ca") / "root.pem"
    ca_file.write_bytes(root.pem)
    return Authority(root, issue("Tussen", root, authority=True), ca_file)


@pytest.fixture
def trust(authority: Authority) -> TrustStore:
    """A store that has seen nothing yet."""
    return TrustStore(authority.ca_file)
