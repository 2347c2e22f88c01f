"""A network of its own for a process: loopback and nothing else, and a file of host names for the tools that insist on looking names up.

    python -m benchmarks.tls.isolated HOSTS_FILE COMMAND...

Run in new network and mount namespaces (`unshare`, which needs no root where the kernel lets users have them); it brings loopback up, puts
HOSTS_FILE over /etc/hosts there, and becomes COMMAND.  So the tools that are compared are unmodified, use the standard ports,
and cannot reach anything but the servers of this benchmark, whatever they try.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 0x1
UNSHARE = ("unshare", "--map-root-user", "--net", "--mount")


def available() -> bool:
    """Whether this machine lets the user have such a network."""
    try:
        return subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def command(hosts_file: Path, *wanted: str) -> list[str]:
    """``wanted``, to be run in a network of its own."""
    return [*UNSHARE, sys.executable, "-m", "benchmarks.tls.isolated", str(hosts_file), *wanted]


def main() -> None:
    with socket.socket() as made:
        flags: int = struct.unpack("16xh", fcntl.ioctl(made, _GET_FLAGS, struct.pack("16sh", b"lo", 0))[:18])[0]
        fcntl.ioctl(made, _SET_FLAGS, struct.pack("16sh", b"lo", flags | _UP))
    subprocess.run(["mount", "--bind", sys.argv[1], "/etc/hosts"], check=True)
    os.execvp(sys.argv[2], sys.argv[2:])


if __name__ == "__main__":
    main()
