"""Messages, from cases to text: pure, and every string from a site is made harmless before it gets into one."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import Literal
from urllib.parse import unquote

from gemcrawl.items import Finding, Kind, SecurityTxt, Verdict
from gemcrawl.notify.words import Cert, Language, cert, findings, sentences
from gemcrawl.transport.urls import LONGEST_TEXT, clean

By = Literal["municipality", "supplier"]

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_LONGEST_URL, _LONGEST_SLUG = 2000, 100
_SLUG = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One form to tell about."""

    municipality: str
    name: str
    """Of the municipality."""
    form_id: str
    kind: Kind
    page_url: str
    supplier: str | None
    verdict: Verdict
    personal_data: tuple[str, ...]
    findings: tuple[Finding, ...]
    security_txt: SecurityTxt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipients:
    """Where a message goes."""

    emails: tuple[str, ...]
    url: str = ""
    """Where to report when it is no e-mail address."""
    is_cert: bool = False
    """They are the sector's response team: the municipality does not say whom to tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message, ready to be looked over and sent by a person."""

    name: str
    """What its files are called, without ending: a code, or ``supplier-`` and a name; ``[a-z0-9-]`` and a code's capitals only."""
    subject: str
    recipients: Recipients
    body: str
    """Plain text that is Markdown too."""
    cases: tuple[Case, ...]


def messages(
    cases: Iterable[Case],
    *,
    by: By,
    language: Language,
    seen_on: datetime,
    sender: str,
    embargo_days: int,
    to_cert: Cert | None = None,
) -> list[Message]:
    """One message per municipality, or one per supplier for all its municipalities.

    By supplier, a case without a known supplier is left out; it is for its municipality.

    Args:
        cases: what to tell.
        by: whom.
        language: nl or en.
        seen_on: when it was seen.
        sender: who signs.
        embargo_days: for how many days after notice nobody is named; 0 leaves the sentence out.
        to_cert: response team instead of the packaged one.
    """
    groups: dict[str, list[Case]] = defaultdict(list)
    for case in sorted(cases, key=lambda c: (c.municipality, c.kind, c.page_url, c.form_id)):
        whom = case.municipality if by == "municipality" else case.supplier
        if whom:
            groups[whom].append(case)
    team = to_cert or cert()
    told: list[Message] = []
    names: set[str] = set()
    for whom in sorted(groups):
        name = _unique(
            whom if by == "municipality" else f"supplier-{_SLUG.sub('-', whom.lower())[:_LONGEST_SLUG].strip('-') or 'unnamed'}", names
        )
        told.append(_message(name, whom, groups[whom], by, language, seen_on, sender, embargo_days, team))
    return told


def _unique(name: str, taken: set[str]) -> str:
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}-{number}"
    taken.add(found)
    return found


def recipients_of(security_txt: SecurityTxt | None, team: Cert, *, at: datetime) -> Recipients:
    """By security.txt, in the order of its contacts, while it has not expired (RFC 9116 section 2.5.5); else the sector's response team."""
    if security_txt is not None and security_txt.expires is not None and security_txt.expires > at:
        emails = tuple(address for contact in security_txt.contacts if (address := _address(contact)))
        url = next((contact for contact in security_txt.contacts if contact.lower().startswith("https://")), "")
        if emails or url:
            return Recipients(emails=emails[:1], url="" if emails else clean(url, _LONGEST_URL))
    return Recipients(emails=(team.email,) if team.email else (), url="" if team.email else team.url, is_cert=True)


def is_address(text: str) -> bool:
    """Whether it is one plain e-mail address, without a name and without anything that could end a header."""
    return _ADDRESS.fullmatch(text) is not None


def _address(contact: str) -> str:
    """The address in a mailto URI; empty for anything else, and for what is no plain address."""
    scheme, _, rest = contact.partition(":")
    address = unquote(rest.partition("?")[0])
    return address if scheme.lower() == "mailto" and is_address(address) else ""


def _message(
    name: str, whom: str, cases: Sequence[Case], by: By, language: Language, seen_on: datetime, sender: str, embargo_days: int, team: Cert
) -> Message:
    say = sentences(language)
    towns = {case.municipality: case.name for case in cases}
    shown = clean(next(iter(towns.values())) if by == "municipality" else whom, 200)
    # No register says where suppliers want to be told.
    recipients = recipients_of(cases[0].security_txt, team, at=seen_on) if by == "municipality" else Recipients(emails=())
    fill = {"name": shown, "count": len(towns), "date": f"{seen_on:%Y-%m-%d}"}
    lines = [say["greeting"], ""]
    if recipients.is_cert:
        lines += [say["to_cert"], ""]
    elif recipients.url:
        lines += [say["contact_page"].format(url=_text(recipients.url, _LONGEST_URL)), ""]
    lines += [say[f"intro_{by}"].format(**{**fill, "name": _text(shown)}), "", say["method"], ""]
    for code, town in towns.items():
        lines += [f"## {_text(town)} ({code})", ""]
        for case in cases:
            if case.municipality == code:
                lines += [*_case(case, language), ""]
    if embargo_days:
        lines += [say["embargo"].format(days=embargo_days), ""]
    lines += [say["again"], "", say["closing"], "", clean(sender, 300)]
    return Message(
        name=name,
        subject=clean(say[f"subject_{by}"].format(**fill), 200),
        recipients=recipients,
        body="\n".join(lines) + "\n",
        cases=tuple(cases),
    )


def _case(case: Case, language: Language) -> Iterator[str]:
    say, words = sentences(language), findings(language)
    yield f"### {say[f'form_{case.kind}']}: {_text(case.page_url)}"
    yield ""
    if case.personal_data:
        yield say["asks"].format(data=", ".join(say["data"].get(kind, kind) for kind in case.personal_data))
        yield ""
    for finding in case.findings:
        if finding.weight == "note":
            continue
        text = words.get(finding.code, {"title": finding.code, "fix": ""})
        yield f"- {text['title']} ({finding.code}): {_text(finding.subject)}"
        yield f"  - {say['seen']}: {_text(finding.evidence)}"
        yield f"  - {say['fix']}: {text['fix']}"


def _text(text: str, limit: int = LONGEST_TEXT) -> str:
    """A string from a site inside Markdown: one line, and nothing that a viewer would take for HTML or for a link with another text."""
    return re.sub(r"([\\`*\[\]<>|])", r"\\\1", clean(text, limit))


def eml(message: Message, sender_address: str = "") -> bytes:
    """The message as a draft that a mail program opens for editing (RFC 5322).

    Args:
        message: the message.
        sender_address: e-mail address of the sender; without one the program fills in its own.
    """
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = message.subject
    if sender_address:
        mail["From"] = sender_address
    if message.recipients.emails:
        mail["To"] = ", ".join(message.recipients.emails)
    mail["X-Unsent"] = "1"
    mail.set_content(message.body, cte="quoted-printable")
    return mail.as_bytes()


def markdown(message: Message, language: Language) -> str:
    """The message as a Markdown file, with its recipients."""
    say = sentences(language)
    to = ", ".join(message.recipients.emails) or _text(message.recipients.url, _LONGEST_URL) or say["none"]
    return f"# {_text(message.subject)}\n\n{say['recipients']}: {to}\n\n{message.body}"
