"""The rows of a snapshot, and the item that carries them: gemcrawl's data dictionary.

`Municipality`, `Form`, `Page` and `Host` are one row of the table of that name; every field is one column, with its type and its
description.  The Arrow schema, the descriptor (`datapackage.json`) and the documentation are derived from this file
(`gemcrawl.snapshot.schema`) and repeat none of it.

Types: ``X | None`` is a nullable column, ``list`` is never null, `Literal` is a closed list of strings, `Int16`, `Int32` and `Float32`
narrow a number, every `datetime` is UTC.  Rows are frozen; a value of the wrong type or outside its closed list raises `ItemError`
when the row is made, so that nothing invalid can reach a snapshot.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Literal, get_args

from gemcrawl.validation import Bits, checker_for

if TYPE_CHECKING:
    from gemcrawl.transport.facts import Way

Int16 = Annotated[int, Bits(16)]
Int32 = Annotated[int, Bits(32)]
Float32 = Annotated[float, Bits(32)]

Outcome = Literal["surveyed", "partial", "unreachable", "blocked", "robots_denied", "failed"]
Reason = Literal[
    "dns",
    "refused",
    "timeout",
    "tls",
    "reset",
    "http_4xx",
    "http_5xx",
    "rate_limited",
    "challenge",
    "robots",
    "robots_unavailable",
    "address_refused",
    "too_large",
    "redirect_loop",
    "not_html",
    "budget",
    "deadline",
    "interrupted",
    "error",
]
RecheckResult = Literal["fixed", "still", "worse", "unreachable", "gone"]
RenderCause = Literal["app_shell", "product", "supplier_script", "missing_form"]
RenderOutcome = Literal["rendered", "off", "no_browser", "budget", "timeout", "crashed", "denied", "failed"]
Verdict = Literal["secure", "weak", "downgrade", "insecure", "not_tested"]
Status = Literal["secure", "weak", "downgrade", "insecure", "not_tested", "not_found"]
RuleResult = Literal["pass", "fail", "not_applicable", "not_tested", "error", "unreachable"]
Weight = Literal["insecure", "downgrade", "weak", "note"]
Kind = Literal[
    "appointment",
    "contact",
    "manage_appointment",
    "complaint",
    "report",
    "callback",
    "newsletter",
    "feedback",
    "comment",
    "search",
    "login",
    "product",
    "other",
]
IN_SCOPE: frozenset[Kind] = frozenset({"appointment", "contact"})
"""The kinds of form that the survey is about."""
FoundVia = Literal["home", "link", "frame", "sitemap", "known_host", "guess", "previous"]
PersonalData = Literal[
    "name",
    "gender",
    "birth_date",
    "bsn",
    "address",
    "postcode",
    "city",
    "email",
    "phone",
    "iban",
    "licence_plate",
    "document_number",
    "nationality",
    "family",
    "health",
    "signature",
    "upload",
    "free_text",
]
PersonalDataLevel = Literal["seen", "declared", "inferred", "none"]
FindingCode = Literal[
    "page_http",
    "frame_parent_http",
    "frame_http",
    "action_http",
    "api_http",
    "action_mailto",
    "cert_expired",
    "cert_not_yet_valid",
    "cert_self_signed",
    "cert_untrusted",
    "cert_hostname_mismatch",
    "redirect_downgrade",
    "http_twin",
    "entry_http",
    "upgrade_other_host_first",
    "upgrade_late",
    "upgrade_client_side",
    "cert_incomplete_chain",
    "mixed_active",
    "hsts_absent",
    "hsts_invalid",
    "hsts_off",
    "hsts_short",
    "hsts_ineffective",
    "tls_insufficient",
    "tls_phase_out",
    "cookie_insecure",
    "personal_data_in_url",
    "mixed_passive",
    "submit_by_script",
    "wildcard_dns",
]
SchemeState = Literal["ok", "refused", "timeout", "dns", "reset", "tls", "http_error", "not_tested"]
Upgrade = Literal[
    "first_hop_same_host",
    "other_host_first",
    "client_side",
    "late",
    "none",
    "downgrade",
    "not_applicable",
    "not_tested",
]
Hsts = Literal["good", "short", "off", "invalid", "absent", "ineffective", "inherited", "preloaded", "not_tested"]
CertificateState = Literal[
    "valid",
    "expired",
    "not_yet_valid",
    "self_signed",
    "untrusted",
    "incomplete_chain",
    "hostname_mismatch",
    "not_tested",
]
Role = Literal["page", "frame", "submit", "api"]
TlsVersion = Literal["SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]
NcscGrade = Literal["good", "sufficient", "phase_out", "insufficient", "not_tested"]

PERSONAL_DATA: tuple[PersonalData, ...] = get_args(PersonalData)
REASONS: tuple[Reason, ...] = get_args(Reason)


class _Row:
    """Checks every field of a row against its annotation when the row is made."""

    __slots__ = ()

    def __post_init__(self) -> None:
        row: type = type(self)
        checker_for(row)(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityTxt(_Row):
    contacts: Annotated[list[str], "Contact fields, in order (RFC 9116)"] = field(default_factory=list)
    expires: Annotated[datetime | None, "Expires field"] = None
    url: Annotated[str | None, "address the file was read from"] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(_Row):
    """One visible field of a form; hidden and honeypot fields are left out."""

    name: Annotated[str, "name attribute, else id; empty where there is neither"]
    label: Annotated[str, "label as a browser computes it"]
    type: Annotated[
        str,
        "input type as a browser takes it, or textarea, select, radio group, checkbox group, canvas; of a form definition also map, signature",
    ]
    category: Annotated[PersonalData | None, "kind of personal data asked for"] = None
    required: Annotated[bool, "marked required"] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding(_Row):
    """One thing that is wrong, or worth noting, about the way to and from a form."""

    code: Annotated[FindingCode, "closed list"]
    weight: Annotated[Weight, "how much it weighs in the verdict"]
    subject: Annotated[str, "URL or host it is about"]
    evidence: Annotated[str, "what was seen: hops, header as sent, action as written and as resolved"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RedirectHop(_Row):
    url: Annotated[str, "URL that answered"]
    status: Annotated[Int16, "HTTP status"]
    scheme: Annotated[str, "http or https"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Municipality(_Row):
    """Exactly one row per municipality in the registry on the survey date, always."""

    code: Annotated[str, "CBS code, GM and four digits"]
    name: Annotated[str, "name in CBS spelling"]
    province: Annotated[str, "province on the survey date"]
    website: Annotated[str, "host from the registry"]
    lat: Annotated[float | None, "degrees north of its centre, WGS84, from the registry"] = None
    lon: Annotated[float | None, "degrees east of its centre, WGS84, from the registry"] = None
    start_url: Annotated[str | None, "the home page that answered, after redirects"] = None
    outcome: Annotated[Outcome, "how the survey of this municipality ended"]
    reason: Annotated[Reason | None, "why, when the outcome is not surveyed"] = None
    appointment: Annotated[
        Status,
        "worst verdict over its appointment forms; not_found only when the site was surveyed and nothing promising was left unread; "
        "not_tested when the link that should lead to the form was denied, refused or failed",
    ]
    contact: Annotated[Status, "the same for its contact forms"]
    appointment_forms: Annotated[Int32, "distinct appointment forms"] = 0
    contact_forms: Annotated[Int32, "distinct contact forms"] = 0
    other_forms: Annotated[Int32, "distinct forms of every other kind"] = 0
    insecure_findings: Annotated[
        list[FindingCode], "distinct finding codes of weight insecure or downgrade over its appointment and contact forms"
    ] = field(default_factory=list)
    suppliers: Annotated[list[str], "products recognised on its forms"] = field(default_factory=list)
    pages: Annotated[int, "pages fetched"] = 0
    requests: Annotated[int, "all requests, probes included"] = 0
    bytes: Annotated[int, "bytes received"] = 0
    rendered: Annotated[int, "pages rendered in the browser"] = 0
    security_txt: Annotated[SecurityTxt | None, "its security.txt, when it was read"] = None
    started_at: Annotated[datetime, "start of its survey"]
    finished_at: Annotated[datetime, "end of its survey"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Form(_Row):
    """One distinct form of a municipality."""

    municipality: Annotated[str, "code of the municipality"]
    form_id: Annotated[
        str,
        "stable across runs: hash of municipality, kind, page URL without query noise, submit host and path, field signature",
    ]
    kind: Annotated[Kind, "what the form is for"]
    kind_score: Annotated[Float32, "how sure the kind is, 0 to 1"]
    kind_reasons: Annotated[list[str], "readable evidence for the kind, strongest first"] = field(default_factory=list)
    page_url: Annotated[str, "the document that contains the form: for a framed form the frame's own URL"]
    page_title: Annotated[str | None, "title of that document"] = None
    language: Annotated[str | None, "language of that document, as declared"] = None
    entry_url: Annotated[str | None, "the municipality's own page that links to it or frames it"] = None
    found_via: Annotated[FoundVia, "how the survey came to the page"]
    depth: Annotated[Int16, "clicks from the home page"] = 0
    rendered: Annotated[bool, "seen only after scripts ran"] = False
    render_outcome: Annotated[RenderOutcome | None, "what became of rendering its page; null when the page as fetched said enough"] = None
    blocked_requests: Annotated[
        Int32, "requests that its page tried to make while rendered and that were stopped: neither GET nor HEAD"
    ] = 0
    frame_urls: Annotated[list[str], "chain of framing pages, outermost first"] = field(default_factory=list)
    supplier: Annotated[str | None, "product recognised"] = None
    supplier_evidence: Annotated[str | None, "by what it was recognised"] = None
    method: Annotated[str | None, "method as written"] = None
    enctype: Annotated[str | None, "enctype as written"] = None
    action: Annotated[str | None, "action as written"] = None
    submit_urls: Annotated[list[str], "every resolved target, of action and formaction; without an empty query, and no javascript:"] = (
        field(default_factory=list)
    )
    fields: Annotated[list[Field], "visible fields in document order"] = field(default_factory=list)
    personal_data: Annotated[list[PersonalData], "kinds of personal data asked for"] = field(default_factory=list)
    personal_data_level: Annotated[
        PersonalDataLevel, "seen in the page, declared by a public form definition, inferred from a known product's later steps, or none"
    ] = "none"
    findings: Annotated[list[Finding], "all findings, worst first"] = field(default_factory=list)
    verdict: Annotated[Verdict, "worst weight among the findings; not_tested when the facts needed are missing"] = "not_tested"
    https_2016: Annotated[RuleResult, "rule set https-2016: the press criterion of 2016"] = "not_tested"
    ncsc_webapp_2015: Annotated[RuleResult, "rule set ncsc-webapp-2015"] = "not_tested"
    decree_2023: Annotated[RuleResult, "rule set decree-2023"] = "not_tested"
    internet_nl_2025: Annotated[RuleResult, "rule set internet-nl-2025"] = "not_tested"
    seen_on: Annotated[Int32, "pages of this municipality that carry this very form"] = 1
    page_sha256: Annotated[str, "SHA-256 of the document as received, in hexadecimal"]
    evidence: Annotated[
        str | None, "path#offset of the archived response when archiving is on: file in the snapshot, byte at which its WARC record begins"
    ] = None
    picture: Annotated[
        str | None, "path in the snapshot of a picture of its page, form outlined; of insecure forms, when archiving is on"
    ] = None
    fetched_at: Annotated[datetime, "when the document was received"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(_Row):
    """One request for a page, also a failed one."""

    municipality: Annotated[str, "code of the municipality"]
    url: Annotated[str, "URL asked for"]
    final_url: Annotated[str, "URL that answered in the end; the URL asked for when none did"]
    redirects: Annotated[list[RedirectHop], "hops before the final answer"] = field(default_factory=list)
    status: Annotated[Int16 | None, "HTTP status of the final answer"] = None
    failure: Annotated[Reason | None, "why there is no readable page"] = None
    content_type: Annotated[str | None, "Content-Type without parameters"] = None
    bytes: Annotated[int, "bytes received"] = 0
    truncated: Annotated[bool, "cut off at the size limit of what is received or read"] = False
    title: Annotated[str | None, "title"] = None
    language: Annotated[str | None, "language as declared"] = None
    depth: Annotated[Int16, "clicks from the home page"] = 0
    score: Annotated[Float32, "frontier score with which it was chosen"] = 0.0
    found_via: Annotated[FoundVia, "how the survey came to it"]
    rendered: Annotated[bool, "rendered in the browser"] = False
    render_cause: Annotated[
        RenderCause | None,
        "why it was to be rendered: an empty application shell, the mount point or a script of a known product, or a promising page "
        "whose form is missing",
    ] = None
    render_outcome: Annotated[RenderOutcome | None, "what became of that; null when there was no cause"] = None
    forms: Annotated[Int16, "forms on it, of any kind"] = 0
    sha256: Annotated[str | None, "SHA-256 of the body, in hexadecimal"] = None
    seconds: Annotated[float, "time from request to body, redirects included"] = 0.0
    fetched_at: Annotated[datetime, "when it was received"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Host(_Row):
    """One (host, port, address) that a page, frame, submit target or API of a form lives on."""

    host: Annotated[str, "host name, lower case, IDNA"]
    port: Annotated[Int32, "port of the https service"] = 443
    address: Annotated[str, "IP address measured; empty when the name did not resolve"] = ""
    municipalities: Annotated[list[str], "codes of the municipalities whose forms need it"] = field(default_factory=list)
    roles: Annotated[list[Role], "what it does for those forms"] = field(default_factory=list)
    supplier: Annotated[str | None, "product recognised there"] = None
    https: Annotated[SchemeState, "what https answered"] = "not_tested"
    http: Annotated[SchemeState, "what http answered"] = "not_tested"
    upgrade: Annotated[Upgrade, "how http leads to https"] = "not_tested"
    hsts: Annotated[Hsts, "HSTS by RFC 6797"] = "not_tested"
    hsts_header: Annotated[str | None, "first header field as sent"] = None
    hsts_max_age: Annotated[int | None, "max-age in seconds"] = None
    certificate: Annotated[CertificateState, "the worst defect, or valid"] = "not_tested"
    certificate_defects: Annotated[list[str], "all defects at once"] = field(default_factory=list)
    certificate_subject: Annotated[str | None, "subject of the leaf, RFC 4514"] = None
    certificate_issuer: Annotated[str | None, "issuer of the leaf, RFC 4514"] = None
    certificate_names: Annotated[list[str], "DNS names and addresses in subjectAltName"] = field(default_factory=list)
    certificate_not_before: Annotated[datetime | None, "start of validity"] = None
    certificate_not_after: Annotated[datetime | None, "end of validity"] = None
    certificate_key: Annotated[str | None, "key type and size, such as RSA-2048"] = None
    certificate_signature: Annotated[str | None, "signature hash of the leaf, such as sha256"] = None
    certificate_sha256: Annotated[list[str], "SHA-256 of every certificate in the chain as sent, in hexadecimal"] = field(
        default_factory=list
    )
    tls_versions: Annotated[list[TlsVersion], "versions accepted"] = field(default_factory=list)
    cipher_suites: Annotated[list[str], "suites accepted, IANA names, server order"] = field(default_factory=list)
    groups: Annotated[list[str], "key-exchange groups accepted"] = field(default_factory=list)
    ncsc_1_0: Annotated[NcscGrade, "grade in NCSC TLS guidelines 1.0"] = "not_tested"
    ncsc_2_1: Annotated[NcscGrade, "grade in NCSC TLS guidelines 2.1"] = "not_tested"
    ncsc_2025: Annotated[NcscGrade, "grade in NCSC TLS guidelines 2025-05"] = "not_tested"
    handshakes: Annotated[Int32, "handshakes spent on it"] = 0
    checked_at: Annotated[datetime, "when it was measured"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recheck(_Row):
    """One known form, looked at anew; a table of its own, beside the snapshots."""

    municipality: Annotated[str, "code of the municipality"]
    form_id: Annotated[str, "id of the form in the snapshot that was rechecked"]
    kind: Annotated[Kind, "what the form is for"]
    page_url: Annotated[str, "its page in that snapshot"]
    snapshot: Annotated[str, "name of that snapshot"]
    result: Annotated[
        RecheckResult,
        "fixed: it was insecure or downgrade and is neither now, or was weak and is secure; worse: a step down; still: found, and neither of "
        "these; gone: where it was there is no such form, nor elsewhere on the site; unreachable: nothing can be said",
    ]
    reason: Annotated[Reason | None, "why it could not be reached"] = None
    verdict_before: Annotated[Verdict, "verdict in that snapshot"]
    verdict: Annotated[Verdict | None, "verdict now; null when the form was not found"] = None
    gone: Annotated[list[FindingCode], "findings that are no longer there"] = field(default_factory=list)
    findings: Annotated[list[Finding], "findings now, worst first"] = field(default_factory=list)
    new_form_id: Annotated[str | None, "id as it is now; another one when the address of the form changed"] = None
    new_page_url: Annotated[str | None, "its page as it is now"] = None
    evidence: Annotated[str, "what was seen, in words"]
    requests: Annotated[Int32, "requests that its municipality took, probes included"] = 0
    checked_at: Annotated[datetime, "when it was looked at"]


@dataclass(slots=True, kw_only=True)
class Survey:
    """The item: one municipality with its forms, pages and hosts.

    The spider fills `municipality`, `forms` and `pages`, and `ways`: the raw facts about the way to each form, by form_id.  The transport
    pipeline adds `hosts`, and the findings and verdicts of the forms.  `ways` is not published.  `archive` and `pictures` are evidence, and
    go into files of their own.
    """

    municipality: Municipality
    forms: list[Form] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    hosts: list[Host] = field(default_factory=list)
    ways: dict[str, Way] = field(default_factory=dict)
    unread: list[Kind] = field(default_factory=list)
    archive: bytes = b""
    """WARC records (`gemcrawl.evidence.archive`); the column `evidence` of the forms says where in them."""
    pictures: dict[str, bytes] = field(default_factory=dict)
    """WebP, by form_id."""


TABLES: dict[str, type[_Row]] = {"municipalities": Municipality, "forms": Form, "pages": Page, "hosts": Host}


def columns(row: type) -> tuple[str, ...]:
    """Names of a row type's columns, in order."""
    return tuple(f.name for f in dataclasses.fields(row))
