"""The TLS inventory of one server by removal: offer everything, note what it takes, take that out, ask again until it refuses.

What is asked, in this order, and what it costs in handshakes:

1. Versions.  A first hello offers TLS 1.3 to 1.0; further ones end at TLS 1.2 and at one version below the lowest one found, down to SSL 3.
   A server picks the highest version it can, so each answer is a version found.  The alert protocol_version says that there is none below
   either; other servers are asked for SSL 3 too.  Cost: one per version, and one or two refusals.
2. TLS 1.3.  Hellos carry no key share, so the server answers with a HelloRetryRequest, which names suite and group and costs it no
   computation.  Suites and groups by removal, both at once, until it refuses; then the suites with every group, and, unless an answer
   to that tells that it had come to the end of its groups, the groups.  Cost: the larger number of the two + 2 or 3.
3. Suites of the highest version below TLS 1.3: the common ones by removal, then the rare ones.  Cost: suites + 2.  Prime fields show in passing.
4. Curves of that version that are not known yet, with the suites found.  Cost: those + 1, none without such suites.  Where the certificate
   is ECDSA, a server needs the curve of its certificate in every hello (RFC 8422, section 5.1), so known curves stay in, last.
5. Each lower version is asked only for the suites its predecessors have not shown.  Cost: 1 each.

When so many suites are accepted that the budget would not do, the walk of step 3 ends early and goes on with weak suites alone, so that
what decides the grade is seen; such an inventory is not complete.

A server that drops the connection instead of sending an alert may be refusing, or be tired of us.  So: back off, ask once more, calmly; then repeat a hello
it has answered before.  If it answers that, the drop was a refusal; if not, the inventory ends with what is known.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from gemcrawl.exceptions import AddressRefused
from gemcrawl.items import Reason, TlsVersion
from gemcrawl.transport.facts import Inventory
from gemcrawl.transport.probe.answer import CLOSE_NOTIFY, Alert, Answer, AnswerReader
from gemcrawl.transport.probe.exchange import Connect, Exchange
from gemcrawl.transport.probe.hello import SSL3, TLS10, TLS11, TLS12, TLS13, Hello
from gemcrawl.transport.probe.names import Names, load
from gemcrawl.transport.urls import is_address

_VERSIONS: dict[int, TlsVersion] = {SSL3: "SSLv3", TLS10: "TLSv1", TLS11: "TLSv1.1", TLS12: "TLSv1.2", TLS13: "TLSv1.3"}
# handshake_failure, illegal_parameter, protocol_version, insufficient_security; any other alert may have another cause than what was offered.
_REFUSALS = frozenset({40, 47, 70, 71})
_PROTOCOL_VERSION = 70
_RESERVE = 10
"""Handshakes kept for the steps after the walk over the common suites."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one inventory may cost."""

    handshakes: int = 60
    """Connections, those that failed included."""
    answer_seconds: float = 10.0
    """For one answer, from the hello to the last byte needed."""
    answer_bytes: int = 65_536
    total_seconds: float = 180.0
    """For the whole inventory."""
    back_off: float = 1.0
    """Seconds before the one retry after a reset or time-out."""


DEFAULT_LIMITS = Limits()


class _Stop(Exception):
    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Dropped:
    """No answer and no clear refusal."""

    reason: Reason
    heard: bool = True
    """Whether the hello was sent, so that the server may have meant it."""


async def take_inventory(host: str, address: str, port: int, *, connect: Connect, limits: Limits = DEFAULT_LIMITS) -> Inventory:
    """What the server at ``address`` and ``port`` accepts for ``host`` (sent as SNI when it is a name).

    Never raises for anything a server does: the inventory then ends with what is known, ``complete=False`` and the reason
    (refused, timeout, reset, tls, address_refused, budget, deadline or error).
    """
    return await _Walk("" if is_address(host) else host, address, port, connect, limits).run()


class _Walk:
    def __init__(self, host: str, address: str, port: int, connect: Connect, limits: Limits) -> None:
        self._host, self._address, self._port = host, address, port
        self._connect, self._limits = connect, limits
        self._names: Names = load()
        self._versions: set[int] = set()
        self._suites: dict[int, None] = {}
        self._groups: dict[str, None] = {}
        self._primes: dict[str, None] = {}
        self._handshakes = 0
        self._answered: Hello | None = None
        self._share = False
        self._none_below = False
        """It said of TLS 1.2 or a lower version that it speaks neither that nor anything below."""
        self._cut_short = False
        self._ends_at = 0.0

    async def run(self) -> Inventory:
        self._ends_at = asyncio.get_running_loop().time() + self._limits.total_seconds
        failure: Reason | None = None
        try:
            await self._all()
        except _Stop as stop:
            failure = stop.reason
        if failure is None and self._cut_short:
            failure = "budget"
        tls13 = [code for code in self._suites if code in self._names.tls13]
        return Inventory(
            versions=tuple(_VERSIONS[code] for code in sorted(self._versions)),
            cipher_suites=tuple(self._names.suite(code) for code in dict.fromkeys([*tls13, *self._suites])),
            groups=tuple(self._groups | self._primes),
            handshakes=self._handshakes,
            complete=failure is None,
            failure=failure,
        )

    async def _all(self) -> None:
        legacy = await self._find_versions()
        if not self._versions:
            raise _Stop("tls")
        if TLS13 in self._versions:
            await self._tls13()
        if legacy is None:
            if not self._none_below:  # it refused the common suites of TLS 1.2
                await self._remove_suites(TLS12, self._names.rare)
            return
        await self._suites_of(legacy.version)
        if legacy.version > SSL3:
            await self._curves(legacy.version)
        for version in sorted((v for v in self._versions if v < legacy.version), reverse=True):
            await self._remove_suites(version, self._names.before_tls12)

    async def _find_versions(self) -> Answer | None:
        """Finds all; the answer in the highest version below TLS 1.3, if there is one."""
        names = self._names
        found = await self._ask(self._hello(TLS13, names.tls13 + names.common, groups=names.groups, only_tls13=False))
        with_tls13 = found is not None and found.version == TLS13
        legacy = found if found is not None and not with_tls13 else await self._ask(self._hello(TLS12, names.common))
        if found is None and legacy is not None:  # a server that cannot do without a key share
            self._share = True
            await self._ask(self._hello(TLS13, names.tls13, groups=names.groups13))
        below = legacy.version - 1 if legacy is not None else TLS11
        while below >= TLS10 and not self._none_below:
            lower = await self._ask(self._hello(below, names.before_tls12))
            legacy = legacy or lower
            below = lower.version - 1 if lower is not None else SSL3
        if SSL3 not in self._versions and not self._none_below:
            lower = await self._ask(self._hello(SSL3, names.before_tls12))
            legacy = legacy or lower
        return legacy

    async def _tls13(self) -> None:
        names = self._names
        if self._share:  # this server names no groups but those of a share
            await self._remove_suites(TLS13, names.tls13)
            return
        suites = [code for code in names.tls13 if code not in self._suites]
        groups = [code for code in names.groups13 if names.group(code) not in self._groups]
        refused = False
        while suites and groups and not refused:
            answer = await self._ask(self._hello(TLS13, suites, groups=groups))
            refused = answer is None
            if answer is not None:
                suites.remove(answer.suite)
                groups.remove(_group(answer, groups))
        before = len(self._suites)
        await self._remove_suites(TLS13, names.tls13)
        if refused and len(self._suites) > before:  # then it was the groups that had come to an end
            return
        accepted = tuple(code for code in names.tls13 if code in self._suites)
        while groups and (answer := await self._ask(self._hello(TLS13, accepted, groups=groups))) is not None:
            groups.remove(_group(answer, groups))

    async def _curves(self, version: int) -> None:
        names = self._names
        found = [code for code in self._suites if code not in names.tls13 and names.key_exchange(code) == "ecdhe"]
        free = tuple(code for code in found if code not in names.ecdsa)
        if found:
            await self._remove_curves(version, free or tuple(found), keep=not free)

    async def _remove_curves(self, version: int, suites: tuple[int, ...], *, keep: bool) -> None:
        """Asks for curves that are not known yet, until the server refuses or, with known ones kept at the end, falls back on those."""
        known = [code for code in self._names.groups12 if self._names.group(code) in self._groups]
        left = [code for code in self._names.groups12 if code not in known]
        while left:
            answer = await self._ask(self._hello(version, suites, groups=left + known if keep else left))
            if answer is None or (keep and answer.group in known):
                return
            known.append(_group(answer, left))
            left.remove(known[-1])

    async def _suites_of(self, version: int) -> None:
        names = self._names
        everything = names.common if version == TLS12 else names.before_tls12
        if not await self._remove_suites(version, everything, reserve=_RESERVE):
            self._cut_short = True
            await self._remove_suites(version, [code for code in everything if code in names.weak], reserve=2)
        if version == TLS12:
            await self._remove_suites(version, names.rare)

    async def _remove_suites(self, version: int, suites: Iterable[int], reserve: int = 0) -> bool:
        """Asks for those of ``suites`` that are not known yet, until the server refuses; False when only the reserve was left before that."""
        left = [code for code in suites if code not in self._suites]
        groups = self._names.groups13 if version == TLS13 else None
        while left:
            if self._handshakes + reserve >= self._limits.handshakes:
                return False
            answer = await self._ask(self._hello(version, left, groups=groups))
            if answer is None:
                return True
            left.remove(answer.suite)
        return True

    def _hello(self, highest: int, suites: Iterable[int], *, groups: Iterable[int] | None = None, only_tls13: bool = True) -> Hello:
        return Hello(
            host=self._host,
            highest=highest,
            suites=tuple(suites),
            groups=self._names.groups12 if groups is None else tuple(groups),
            only_tls13=only_tls13 and highest == TLS13,
            share=self._share,
        )

    async def _ask(self, hello: Hello) -> Answer | None:
        """The server's answer, noted; None when it refuses."""
        outcome = await self._exchange(hello)
        if isinstance(outcome, _Dropped) and outcome.reason != "tls":
            await asyncio.sleep(self._limits.back_off)
            outcome = await self._exchange(hello)
        if isinstance(outcome, _Dropped):
            if not outcome.heard or self._answered is None or not isinstance(await self._exchange(self._answered), Answer):
                raise _Stop(outcome.reason)
            return None
        if isinstance(outcome, Alert):
            self._none_below |= outcome.code == _PROTOCOL_VERSION and hello.highest <= TLS12
            return None
        if outcome.suite not in hello.suites or outcome.version > hello.highest or (hello.only_tls13 and outcome.version != TLS13):
            raise _Stop("tls")
        self._answered = hello
        self._note(outcome)
        return outcome

    def _note(self, answer: Answer) -> None:
        self._versions.add(answer.version)
        self._suites.setdefault(answer.suite)
        if answer.group is not None:
            self._groups.setdefault(self._names.group(answer.group))
        if answer.prime:
            self._primes.setdefault(self._names.prime(answer.prime))

    async def _exchange(self, hello: Hello) -> Answer | Alert | _Dropped:
        """One connection: an answer, a refusal, or nothing of use."""
        if self._handshakes >= self._limits.handshakes:
            raise _Stop("budget")
        left = self._ends_at - asyncio.get_running_loop().time()
        if left <= 0:
            raise _Stop("deadline")
        self._handshakes += 1
        reader = AnswerReader(self._names, self._limits.answer_bytes)
        exchange = Exchange(hello.encode(), reader, min(self._limits.answer_seconds, left))
        try:
            await self._connect(self._address, self._port, exchange)
        except AddressRefused:
            self._handshakes -= 1
            raise _Stop("address_refused") from None
        except OSError as error:
            return _Dropped(_reason(error), heard=False)
        outcome = await exchange.outcome()
        if isinstance(outcome, Alert) and outcome.code not in _REFUSALS:
            return _Dropped("reset" if outcome.code == CLOSE_NOTIFY else "tls")
        return _Dropped(outcome) if isinstance(outcome, str) else outcome


def _group(answer: Answer, offered: list[int]) -> int:
    """The group it took; one that was not offered ends the inventory, which would go on for ever otherwise."""
    if answer.group is None or answer.group not in offered:
        raise _Stop("tls")
    return answer.group


def _reason(error: OSError) -> Reason:
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    return "reset" if isinstance(error, ConnectionError) else "error"
