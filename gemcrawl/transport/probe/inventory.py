"""The TLS inventory of one server by removal: offer everything, note what it takes, take that out, ask again until it refuses.

What is asked, in this order, and what it costs in handshakes:

1. Versions.  A first hello offers TLS 1.3 to 1.0; further ones end at TLS 1.2 and at one version below the lowest one found, down to SSL 3.
   A server answers with the highest version that it shares (RFC 5246, appendix E.1), so each answer is a version found, and a refusal says
   that there is none below either; only a server that speaks no TLS is asked for SSL 3 by itself.  Cost: one per version, and one refusal.
2. Suites of the highest version below TLS 1.3: the common ones by removal, then the rare ones.  Cost: suites + 2.  Every one of these hellos
   offers all curves, those not seen yet first: a server that goes by the client's order shows a new one with every suite, and what it
   says of suites is never the doing of a curve that was left out.  Prime fields show in passing.
3. TLS 1.3.  Hellos carry no key share, so the server answers with a HelloRetryRequest, which names suite and group and costs it no
   computation.  Suites and groups that are not known yet by removal, both at once, until the three suites that most servers have are
   found or it refuses; then the suites with every group, and, unless an answer to that tells that it had come to the end of its groups,
   the groups.  Cost: the larger number of the two + 2 or 3.
4. Curves of the version of step 2 that are not known yet, with the suites found.  Cost: those + 1, none without such suites.  Where the
   certificate is ECDSA, a server needs the curve of its certificate in every hello (RFC 8422, section 5.1), so known curves stay in,
   last; where such a server already fell back on a known one in step 2, this costs nothing.
5. Each lower version is asked only for the suites its predecessors have not shown.  Cost: 1 each.

When so many suites are accepted that the budget might not do, the walk of step 2 ends early and goes on with weak suites alone, so that
what decides the grade is seen; the other steps follow, and what is left of the budget is for the rest of step 2.  Where it does not reach
the end of that either, the inventory is not complete; the order of suites is then no longer the server's.

A server that drops the connection instead of sending an alert may be refusing, or be tired of us.  So: back off, ask once more, calmly; and
take it for a refusal only when a later hello is answered, if only by an alert that refuses.  At another drop before that, or at the end, a
hello that it has answered before is repeated; if it does not answer that, the inventory ends with what is known.
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
_RESERVE = 20
"""Handshakes kept for what comes after the walk over the common suites, weak ones first."""
_RESERVE_AFTER_WEAK = 16
"""Of these the ones kept for the steps after that walk."""
_USUAL = 3
"""Suites of TLS 1.3, the first ones in the table, that most servers have, and no others."""


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
        self._suites: dict[int, int] = {}
        """The highest version that each was seen in; those of one version in server order."""
        self._groups: dict[int, None] = {}
        self._primes: dict[str, None] = {}
        self._handshakes = 0
        self._answered: Hello | None = None
        self._doubt: Reason | None = None
        """How it dropped a hello that it may have refused; None once it has answered or refused another."""
        self._share = False
        self._none_below = False
        """It said of TLS 1.2 or a lower version that it speaks neither that nor anything below."""
        self._fell_back = False
        """It took a curve that was known although others were offered before that one."""
        self._unfinished = False
        """The walk over the suites was left early, for weak ones and the other steps."""
        self._ends_at = 0.0

    async def run(self) -> Inventory:
        self._ends_at = asyncio.get_running_loop().time() + self._limits.total_seconds
        failure: Reason | None = None
        try:
            await self._all()
            await self._settle()
        except _Stop as stop:
            failure = stop.reason
        return Inventory(
            versions=tuple(_VERSIONS[code] for code in sorted(self._versions)),
            cipher_suites=tuple(self._names.suite(code) for code in sorted(self._suites, key=lambda code: -self._suites[code])),
            groups=tuple(dict.fromkeys([*map(self._names.group, self._groups), *self._primes])),
            handshakes=self._handshakes,
            complete=failure is None,
            failure=failure,
        )

    async def _all(self) -> None:
        legacy = await self._find_versions()
        if not self._versions:
            raise _Stop("tls")
        if legacy is not None:
            await self._suites_of(legacy.version)
        elif not self._none_below:  # it refused the common suites of TLS 1.2
            await self._rare(TLS12)
        if TLS13 in self._versions:
            await self._tls13()
        if legacy is None:
            return
        if legacy.version > SSL3:
            await self._curves(legacy.version)
        for version in sorted((v for v in self._versions if v < legacy.version), reverse=True):
            await self._remove_suites(version, self._names.before_tls12)
        if self._unfinished:
            await self._rest_of(legacy.version)

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
        while below >= SSL3 and not self._none_below:
            lower = await self._ask(self._hello(below, names.before_tls12))
            if lower is None:
                break
            legacy = legacy or lower
            below = lower.version - 1
        if not self._versions and not self._none_below:  # hellos with extensions may be beyond a server that speaks only SSL 3
            legacy = await self._ask(self._hello(SSL3, names.before_tls12))
        return legacy

    async def _tls13(self) -> None:
        names = self._names
        if self._share:  # this server names no groups but those of a share
            await self._remove_suites(TLS13, names.tls13)
            return
        groups = [code for code in names.groups13 if code not in self._groups]
        refused = False
        while groups and not refused and not set(names.tls13[:_USUAL]) <= self._suites.keys():
            suites = [code for code in names.tls13 if code not in self._suites]
            answer = await self._ask(self._hello(TLS13, suites, groups=groups))
            refused = answer is None
            if answer is not None:
                groups.remove(_group(answer, groups))
        before = len(self._suites)
        await self._remove_suites(TLS13, names.tls13)
        if refused and len(self._suites) > before:  # then it was the groups that had come to an end
            return
        accepted = tuple(code for code in names.tls13 if code in self._suites)
        groups = [code for code in groups if code not in self._groups]
        while groups and (answer := await self._ask(self._hello(TLS13, accepted, groups=groups))) is not None:
            groups.remove(_group(answer, groups))

    async def _curves(self, version: int) -> None:
        names = self._names
        found = [code for code in self._suites if code not in names.tls13 and names.key_exchange(code) == "ecdhe"]
        free = tuple(code for code in found if code not in names.ecdsa)
        if free or (found and not self._fell_back):
            await self._remove_curves(version, free or tuple(found), keep=not free)

    async def _remove_curves(self, version: int, suites: tuple[int, ...], *, keep: bool) -> None:
        """Asks for curves that are not known yet, until the server refuses or, with known ones kept at the end, falls back on those."""
        known = [code for code in self._names.groups12 if code in self._groups]
        left = [code for code in self._names.groups12 if code not in known]
        while left:
            answer = await self._ask(self._hello(version, suites, groups=left + known if keep else left))
            if answer is None or (keep and answer.group in known):
                return
            known.append(_group(answer, left))
            left.remove(known[-1])

    def _common(self, version: int) -> tuple[int, ...]:
        return self._names.common if version == TLS12 else self._names.before_tls12

    async def _suites_of(self, version: int) -> None:
        common = self._common(version)
        if await self._remove_suites(version, common, reserve=_RESERVE):
            await self._rare(version)
        else:
            self._unfinished = True
            weak = [code for code in common if code in self._names.weak]
            await self._remove_suites(version, weak, reserve=_RESERVE_AFTER_WEAK)

    async def _rest_of(self, version: int) -> None:
        """Finishes the walk that was left early, weak suites first, as far as the budget goes."""
        await self._remove_suites(version, sorted(self._common(version), key=lambda code: code not in self._names.weak))
        await self._rare(version)

    async def _rare(self, version: int) -> None:
        if version == TLS12:
            await self._remove_suites(version, self._names.rare)

    async def _remove_suites(self, version: int, suites: Iterable[int], reserve: int = 0) -> bool:
        """Asks for those of ``suites`` that this version or a higher one has not shown, until the server refuses.

        False when only the reserve was left before that.
        """
        left = [code for code in suites if self._suites.get(code, 0) < version]
        while left:
            if reserve and self._handshakes + reserve >= self._limits.handshakes:
                return False
            groups = self._unseen_first(version)
            seen = set(self._groups)
            answer = await self._ask(self._hello(version, left, groups=groups))
            if answer is None:
                return True
            left.remove(answer.suite)
            self._fell_back |= version <= TLS12 and groups[0] not in seen and answer.group in seen
        return True

    def _unseen_first(self, version: int) -> list[int]:
        """All groups of a version, those not seen yet first."""
        return sorted(self._names.groups13 if version == TLS13 else self._names.groups12, key=self._groups.__contains__)

    def _hello(self, highest: int, suites: Iterable[int], *, groups: Iterable[int] | None = None, only_tls13: bool = True) -> Hello:
        return Hello(
            host=self._host,
            highest=highest,
            suites=tuple(suites),
            groups=tuple(self._unseen_first(highest) if groups is None else groups),
            only_tls13=only_tls13 and highest == TLS13,
            share=self._share,
        )

    async def _ask(self, hello: Hello) -> Answer | None:
        """The server's answer, noted; None when it refuses."""
        outcome = await self._exchange(hello)
        settled = isinstance(outcome, _Dropped) and await self._settle()
        if isinstance(outcome, _Dropped) and outcome.reason != "tls":
            await asyncio.sleep(self._limits.back_off)
            outcome = await self._exchange(hello)
        if isinstance(outcome, _Dropped):
            if not outcome.heard or self._answered is None:
                raise _Stop(outcome.reason)
            if not settled:  # else it answered another hello between two drops of this one
                self._doubt = outcome.reason
            return None
        if isinstance(outcome, Alert):
            self._none_below |= outcome.code == _PROTOCOL_VERSION and hello.highest <= TLS12
            self._doubt = None
            return None
        if outcome.suite not in hello.suites or outcome.version > hello.highest or (hello.only_tls13 and outcome.version != TLS13):
            raise _Stop("tls")
        self._answered, self._doubt = hello, None
        self._note(outcome)
        return outcome

    async def _settle(self) -> bool:
        """Ends the inventory if a drop that was taken for a refusal turns out to be none; True when it turns out to be one, just now."""
        if self._doubt is None or self._answered is None:
            return False
        if not isinstance(await self._exchange(self._answered), Answer):
            raise _Stop(self._doubt)
        self._doubt = None
        return True

    def _note(self, answer: Answer) -> None:
        self._versions.add(answer.version)
        if self._suites.get(answer.suite, 0) < answer.version:
            self._suites.pop(answer.suite, None)
            self._suites[answer.suite] = answer.version
        if answer.group is not None:
            self._groups.setdefault(answer.group)
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
