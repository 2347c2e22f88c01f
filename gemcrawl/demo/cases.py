"""Which municipality has which peculiarity: a deck of cases, dealt in a fixed order."""

from __future__ import annotations

import random

PLAIN = "plain"

HTTPS_2016_APPOINTMENT = (
    "a_http_supplier",
    "a_http_site",
    "a_http_link",
    "a_frame_parent_http",
    "a_frame_http",
    "a_action_http",
    "a_base_http",
    "a_formaction_http",
    "a_redirect_to_http",
    "a_base_fragment_http",
)
"""Ten ways to have an appointment form without https in the sense of rule set https-2016; one municipality each."""

_COUNTS = {
    **dict.fromkeys(HTTPS_2016_APPOINTMENT, 1),
    "o_down": 1, "o_refused": 2, "o_robots_all": 2, "o_robots_500": 1, "o_forbidden": 1, "o_rate_limited": 1, "o_challenge": 2,
    "o_phone_only": 4, "o_mail_only": 3, "o_supplier_robots": 2,
    "a_expired": 2, "c_expired": 2, "a_not_yet_valid": 2, "c_not_yet_valid": 2, "a_self_signed": 2, "c_self_signed": 2, "c_wrong_host": 2, "a_wrong_host": 2, "a_incomplete": 3, "c_incomplete": 2,
    "a_untrusted": 2, "c_untrusted": 1, "a_tls_old": 2, "c_tls_old": 2,
    "a_tls_insufficient": 2, "c_tls_insufficient": 2, "c_frame_parent_http": 3, "c_frame_http": 3, "c_api_http": 3,
    "a_hsts_absent": 6, "c_hsts_absent": 5, "a_hsts_short": 4, "c_hsts_short": 4, "a_hsts_off": 2, "c_hsts_off": 1, "a_hsts_invalid": 3,
    "a_http_twin": 4, "c_http_twin": 6, "a_entry_http": 4, "c_entry_http": 3, "c_upgrade_other": 5, "c_upgrade_late": 4, "c_meta_refresh": 2,
    "c_script_upgrade": 2, "a_downgrade": 3, "a_mixed_active": 2, "c_mixed_active": 3, "a_cookie": 3, "c_cookie": 3, "a_get": 2, "c_get": 3,
    "a_javascript": 2, "c_mailto": 3, "c_action_http": 5, "c_formaction_http": 1,
    "n_inherited": 6, "n_tls12": 10, "n_tls13": 10, "n_mixed_passive": 5, "n_entry_http_covered": 4, "n_http_closed": 4, "n_quoted_hsts": 5,
    "n_script_form": 3, "n_wildcard": 3,
    "s_late": 12, "s_posts": 8, "s_hash": 12, "s_frames": 12, "s_shadow": 10, "s_endless": 8, "s_declared": 6, "s_hidden": 3, "s_contact": 12,
    "s_api_http": 3,
}  # fmt: skip
"""Case and how many municipalities of 390 have it; a_ concerns the appointment form, c_ the contact form, o_ the outcome, n_ is no fault,
s_ has a product whose form exists only after scripts ran.  New ones go to the end: the deck deals those before them where it did."""

NIGHT_TWO = ("a_action_http", "c_expired", "a_http_twin")
"""The new faults of the second night, on municipalities that were plain."""

DECK_SIZE = 390


def deck(size: int, night: int) -> list[str]:
    """The case of each municipality, for a nation of ``size``; smaller nations get an even sample, larger ones repeat the deck."""
    cards = [case for case, count in _COUNTS.items() for _ in range(count)]
    cards += [PLAIN] * (DECK_SIZE - len(cards))
    random.Random(2016).shuffle(cards)
    if night == 2:
        plain = [i for i, case in enumerate(cards) if case == PLAIN]
        cards = [PLAIN if case in HTTPS_2016_APPOINTMENT else case for case in cards]
        for position, case in zip(plain[:: len(plain) // 3], NIGHT_TWO, strict=False):
            cards[position] = case
    if size >= DECK_SIZE:
        return [cards[i % DECK_SIZE] for i in range(size)]
    return [cards[i * DECK_SIZE // size] for i in range(size)]
