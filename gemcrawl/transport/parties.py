"""Which hosts take part in the way to and from one form, and as what."""

from __future__ import annotations

from gemcrawl.items import Role
from gemcrawl.transport.facts import Way
from gemcrawl.transport.urls import host_of, scheme_of

JUDGED_FOR_UPGRADE: tuple[Role, ...] = ("page", "frame")
JUDGED_FOR_HSTS: tuple[Role, ...] = ("page", "frame", "submit")
JUDGED_FOR_TLS: tuple[Role, ...] = ("page", "frame", "submit", "api")


def urls(way: Way) -> dict[Role, list[str]]:
    """The URLs a form lives on, is framed by, is submitted to and gets its data from."""
    return {
        "page": [way.page[-1].url] if way.page else [],
        "frame": [route[-1].url for route in way.frames if route],
        "submit": [t.url for t in way.targets if t.method != "dialog" and scheme_of(t.url) in ("http", "https")],
        "api": list(way.api_urls),
    }


def hosts(way: Way, roles: tuple[Role, ...] = JUDGED_FOR_TLS) -> list[str]:
    """Host names with one of ``roles``, each once, in that order."""
    by_role = urls(way)
    return list(dict.fromkeys(host for role in roles for url in by_role[role] if (host := host_of(url))))


def https_hosts(way: Way) -> list[str]:
    """Host names that this form really meets over https: those whose certificate must be known for a verdict."""
    return list(dict.fromkeys(host_of(url) for of_role in urls(way).values() for url in of_role if scheme_of(url) == "https"))


def roles(way: Way) -> dict[str, list[Role]]:
    """What every host does for this form; the hosts a survey must measure."""
    found: dict[str, list[Role]] = {}
    for role, of_role in urls(way).items():
        for url in of_role:
            host = host_of(url)
            if host and role not in found.setdefault(host, []):
                found[host].append(role)
    return found


def sends_nothing(way: Way) -> bool:
    """A real form of which every submitter only closes a dialog (``method=dialog``)."""
    return way.has_form_element and not way.by_script and all(t.method == "dialog" for t in way.targets)


def target_unknown(way: Way) -> bool:
    """A real form that a script submits, to an address that neither the markup nor a rendered request shows."""
    if not way.has_form_element or sends_nothing(way):
        return False
    return not any(scheme_of(t.url) in ("http", "https", "mailto") for t in way.targets if t.method != "dialog")
