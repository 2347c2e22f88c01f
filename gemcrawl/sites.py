"""Which host names belong together: the registrable domain."""

from __future__ import annotations

from functools import lru_cache

import tldextract

_extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=False)


@lru_cache(maxsize=16384)
def site_of(host: str) -> str:
    """Registrable domain of ``host`` by the public suffix list; the last two labels under an unlisted suffix; an address as it is."""
    found = _extract(host)
    if found.suffix:
        return found.top_domain_under_public_suffix or host
    if found.ipv4 or found.ipv6:
        return host
    return ".".join(host.rsplit(".", 2)[-2:])


@lru_cache(maxsize=4096)
def is_public_suffix(domain: str) -> bool:
    """Whether ``domain`` as a whole is a public suffix, under which others have their sites."""
    return "." not in domain or not _extract(domain, include_psl_private_domains=True).domain
