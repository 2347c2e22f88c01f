"""What a form is for: a sum of weighed evidence over named zones, with its reasons.

A form is judged on its own zones first (attributes, heading, legend, labels, buttons): the search box, newsletter, login or feedback form that stands
on every page is recognised there.  What the page says (address, title, headings, the link that led to it) speaks in full for its main form only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from gemcrawl.forms.structure import LITTLE, add_structure, asks_little, asks_yes_or_no, at_home, helps, leads_on
from gemcrawl.forms.weights import ZONE, Evidence, Points, Sum, product_words, rules
from gemcrawl.items import Kind

MAX_REASONS = 6
SIDE_KINDS: tuple[Kind, ...] = ("search", "newsletter", "login", "feedback", "comment")
"""Kinds of the forms that stand beside a page's own form; of two with as many points the first one counts."""
_SIDE_LEAST = 4.0
_OWN_LEAST = 1.5
"""Points by which a form that asks nothing personal shows by itself what it is for."""
_SIDE = 0.25
"""How much of what the page says counts for a form that is not what the page is for."""
_OFFER = 1500
"""Characters of a form in which products are looked for."""
_WIZARD_KINDS: tuple[Kind, ...] = ("appointment", "contact")


@dataclass(frozen=True, slots=True)
class Judgement:
    """A kind with its score (0 to 1) and its reasons, strongest first."""

    kind: Kind
    score: float
    reasons: tuple[str, ...]
    total: float = 0.0


def weigh(evidence: Evidence) -> Sum:
    """Points of a form's own zones and structure, whatever page it stands on."""
    factors = rules().own
    total = Sum()
    for zone, texts in evidence.own.items():
        total.zone(zone, texts, factors[zone])
    add_structure(total, evidence)
    evidence.offered = product_words(" ".join(evidence.own.get("text", ()))[:_OFFER])
    if evidence.offered >= rules().products_least:
        # A field that narrows down a list of products is not what the form is for.
        total.points["search"] = total.points.get("search", 0.0) * LITTLE
    return total


def judge(evidence: Evidence, page: Mapping[str, list[str]], share: float = 1.0, own: Sum | None = None) -> Judgement:
    """The kind of one form; `share` is how much of the page's zones counts for it (1 for the main form), `own` what `weigh` said, when known."""
    data = rules()
    total = own if own is not None else weigh(evidence)
    sides = {kind: total.points.get(kind, 0.0) for kind in SIDE_KINDS}
    side = max(sides, key=lambda k: sides[k])
    if share and sides[side] >= _SIDE_LEAST and sides[side] >= max(total.points.values(), default=0.0):
        # Decided by itself: what the page is about is not what its search box is for.
        share = 0.0 if side in {"search", "login", "feedback"} else share * _SIDE
    elif asks_yes_or_no(evidence):
        share *= _SIDE
    kept: Points = {}
    if not evidence.hint and helps(evidence) and not _speaks(total, evidence):
        # A date to see opening hours of, or a line to search with, is no appointment because the page is about one.
        kept = {kind: total.points.get(kind, 0.0) for kind in _WIZARD_KINDS}
    named = max(total.points.get(kind, 0.0) for kind in data.subjects)
    if share:
        for zone, texts in page.items():
            total.zone(zone, texts, data.page[zone] * share)
        if evidence.offered >= data.products_least:
            total.add("appointment", data.products_weight * share, f"offers {evidence.offered} products of the counter")
        if leads_on(evidence):
            for kind in _WIZARD_KINDS:
                if total.points.get(kind, 0.0) > 0:
                    total.add(kind, data.structure["wizard"], "first step of several")
    total.points |= kept
    _subjects(total, evidence, named)
    _silent_contact(total)
    _by_number(total, evidence)
    for kind, points in evidence.hint.items():
        total.add(kind, points, evidence.hint_reason)
    return decide(total)


def _speaks(own: Sum, evidence: Evidence) -> bool:
    """Whether a form shows by itself that it may be what the page is about: by its words, more than by those for anything else, or by what it offers."""
    points = max(own.points.get(kind, 0.0) for kind in _WIZARD_KINDS)
    others = max((points for kind, points in own.points.items() if kind not in _WIZARD_KINDS), default=0.0)
    offer = evidence.offer
    offers = evidence.offered >= rules().products_least or offer.products > 1 or (offer.places and len(evidence.fields) > 1)
    return points >= max(_OWN_LEAST, others) or (offers and others < rules().threshold)


def _subjects(total: Sum, evidence: Evidence, named: float) -> None:
    """Weakens a product that the words name but the form does not apply for; `named` is how much the form itself names it."""
    data = rules()
    share = 1.0
    subject = max(total.points.get(kind, 0.0) for kind in data.subjects)
    if evidence.offer.times and subject >= data.threshold and not at_home(evidence):
        total.add("appointment", data.structure["slots_for_product"], "times for a product")
    if evidence.offer.slots and total.points.get("appointment", 0.0) >= data.threshold:
        share = data.slot_share
    elif evidence.fields and not any(f.category in data.application for f in evidence.fields):
        share = data.page_share if named <= 0 and not leads_on(evidence) and asks_little(evidence) else data.bare_share
    for kind in data.subjects:
        if total.points.get(kind, 0.0) > 0:
            total.points[kind] *= share


def _silent_contact(total: Sum) -> None:
    """Weakens contact where no word says so and words say something else: many forms ask a question and who asks it."""
    data = rules()
    others = max((points for kind, points in total.points.items() if kind != "contact"), default=0.0)
    if others >= data.threshold and not any(ZONE in reason for _, reason in total.reasons.get("contact", ())):
        total.points["contact"] = total.points.get("contact", 0.0) * data.silent_share


def _by_number(total: Sum, evidence: Evidence) -> None:
    """Weakens what the words say and the questions do not: a callback without a number to call, a comment below an article that asks for one.

    A form that asks nothing personal may be a first step.  Who can choose what to write, a question or else, writes to the town hall too.
    """
    asked = {f.category for f in evidence.fields if f.category}
    if asked and "phone" not in asked and "callback" in total.points:
        total.points["callback"] *= rules().callback_share
    if ("phone" in asked or evidence.offer.topics) and "comment" in total.points:
        total.points["comment"] *= rules().comment_share


def decide(total: Sum) -> Judgement:
    """The kind with most points, or ``other`` when nothing is clear."""
    data = rules()
    ranked = sorted(total.points.items(), key=lambda item: -item[1])
    best, points = ranked[0] if ranked else ("other", 0.0)
    second = max(ranked[1][1] if len(ranked) > 1 else 0.0, 0.0)
    if points < data.threshold:
        why = f"nothing clear: {best} {points:.1f} of {data.threshold:.1f}" if points > 0 else "nothing clear"
        return Judgement("other", round(max(0.1, 1 - max(points, 0.0) / data.threshold) * 0.5, 3), (why,), points)
    score = 1 - math.exp(-points / data.scale)
    if points - second < data.close:
        score *= 0.6 + 0.2 * (points - second)
    reasons = [f"{reason} (+{weight:.1f})" for weight, reason in sorted(total.reasons.get(best, ()), key=lambda r: -r[0]) if reason]
    if points - second < data.close and len(ranked) > 1:
        reasons.insert(min(1, len(reasons)), f"close to {ranked[1][0]} ({second:.1f})")
    return Judgement(best, round(min(score, 1.0), 3), tuple(reasons[:MAX_REASONS]), points)
