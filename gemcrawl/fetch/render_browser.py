"""How the browser is started, and what its contexts may do: lean, and shut to everything but the guard proxy."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.async_api import Error as PlaywrightError

if TYPE_CHECKING:
    from playwright.async_api import CDPSession

START_SECONDS = 90
"""For the browser to start: half a second on a machine that has time for it."""
_FLAGS = (
    # Nothing of its own on the network; what is left goes to the proxy, which refuses it.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
    "--disable-quic",
    "--dns-prefetch-disable",
    # Names are looked up by the proxy alone, so that nothing can go around it by name.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    # Nor by address: no UDP but through a proxy that knows how, and ours does not.
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--block-new-web-contents",
    "--deny-permission-prompts",
    # One process per page is enough: there are no secrets of one site to keep from another in a group, and groups never share one.
    "--disable-site-isolation-trials",
    "--js-flags=--max-old-space-size=256 --max-semi-space-size=2",
    "--disable-gpu",
    "--mute-audio",
    "--blink-settings=imagesEnabled=false,downloadableBinaryFontsEnabled=false",
    "--disk-cache-size=67108864",
)

INIT_SCRIPT = """
for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection", "RTCDataChannel", "WebTransport", "Notification", "SharedWorker"])
  try { delete window[name]; } catch {}
window.open = () => null;
try { Object.defineProperty(Navigator.prototype, "serviceWorker", { value: undefined }); } catch {}
try {
  const still = new CSSStyleSheet();
  still.replaceSync(`*, ::before, ::after { animation-duration: 1ms !important; animation-delay: 0s !important;
    animation-iteration-count: 1 !important; transition-duration: 1ms !important; transition-delay: 0s !important; }`);
  document.adoptedStyleSheets = [still];
} catch {}
"""
"""Runs in every document before the page's scripts: what a survey has no use for is not there, and what moves is at once where it was to
end, or a picture that turns while a page loads would be drawn sixty times a second for nobody."""


def launch_options(executable: Path, refuse_port: int, spki_sha256: str) -> dict[str, Any]:
    """Options of Playwright's ``launch``.

    Args:
        executable: the browser.
        refuse_port: the proxy's port for all that belongs to no page.
        spki_sha256: the proxy's public key; certificates made with it are trusted, and no error is recorded, so that the cache works.
    """
    return {
        "executable_path": str(executable),
        "headless": True,
        "chromium_sandbox": not runs_as_root(),
        "proxy": {"server": f"http://127.0.0.1:{refuse_port}"},
        "args": [*_FLAGS, f"--ignore-certificate-errors-spki-list={spki_sha256}"],
        "handle_sigint": False,
        "handle_sigterm": False,
        "handle_sighup": False,
        "timeout": 1000 * START_SECONDS,
    }


def context_options(port: int, user_agent: str) -> dict[str, Any]:
    """Options of a browser context whose every request goes to the proxy at a loopback port."""
    return {
        "proxy": {"server": f"http://127.0.0.1:{port}"},  # Playwright adds <-loopback> to what is not proxied: nothing
        "accept_downloads": False,
        "service_workers": "block",
        "permissions": [],
        "bypass_csp": False,
        "java_script_enabled": True,
        "ignore_https_errors": False,
        "locale": "nl-NL",
        "user_agent": user_agent,
        "viewport": {"width": 1280, "height": 2000},  # tall, for what is only loaded once it is near
        "reduced_motion": "reduce",
    }


def runs_as_root() -> bool:
    """Whether Chromium's own sandbox cannot be had: it refuses to start with it as root."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


async def process_id(session: CDPSession) -> int | None:
    """The process of the browser itself, by a session with it; None when it does not tell."""
    try:
        found = await session.send("SystemInfo.getProcessInfo")
    except PlaywrightError:
        return None
    return next((int(one["id"]) for one in found.get("processInfo", ()) if one.get("type") == "browser"), None)


def end_process(pid: int) -> None:
    """Ends a browser that does not end by itself; its other processes follow when they lose it."""
    with suppress(OSError):
        os.kill(pid, signal.SIGKILL)
