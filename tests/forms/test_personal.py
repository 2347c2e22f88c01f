"""Which personal data a field asks for: label, then autofill name, then name or id, then type; and words that only look like it."""

from __future__ import annotations

import pytest

from gemcrawl.forms.personal import category, in_order, name_words
from gemcrawl.items import PERSONAL_DATA


def of(
    label: str = "", *, name: str = "", type_: str = "text", group: str = "", autocomplete: str = "", id_: str = "", pattern: str = ""
) -> str | None:
    return category(label=label, group=group, autocomplete=autocomplete, name=name, id_=id_, type_=type_, pattern=pattern)


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Naam *", "name"), ("Uw naam (verplicht)", "name"), ("Voorletters:", "name"), ("Tussenvoegsel(s)", "name"), ("Achternaam", "name"), ("Geslachtsnaam", "name"),
        ("Namme", "name"), ("Your name", "name"), ("Vor- und Nachname", "name"),
        ("Aanhef", "gender"), ("Geslacht", "gender"),
        ("Geboortedatum (dd-mm-jjjj)", "birth_date"), ("Wanneer bent u geboren?", "birth_date"), ("Date of birth", "birth_date"), ("Geburtsdatum", "birth_date"), ("Bertedatum", "birth_date"),
        ("BSN", "bsn"), ("Burgerservicenummer (BSN)", "bsn"), ("Sofi-nummer", "bsn"), ("A-nummer", "bsn"),
        ("Straatnaam", "address"), ("Huisnummer", "address"), ("Toevoeging", "address"), ("Adres", "address"), ("Strjitte", "address"),
        ("Postcode", "postcode"), ("Postkoade / postcode", "postcode"),
        ("Plaatsnaam", "city"), ("Woonplaats", "city"), ("Wenplak", "city"),
        ("E-mailadres", "email"), ("Emailadres", "email"), ("E-mail adres", "email"), ("Herhaal uw e-mailadres", "email"), ("Mailadres", "email"), ("Wat is uw e-mailadres?", "email"),
        ("Telefoonnummer", "phone"), ("Tel.", "phone"), ("06-nummer", "phone"), ("Mobiel nummer", "phone"), ("Tillefoannûmer", "phone"), ("Telefoonnummer overdag", "phone"),
        ("IBAN", "iban"), ("Bankrekeningnummer", "iban"), ("Kenteken", "licence_plate"), ("Paspoortnummer", "document_number"), ("Nummer identiteitsbewijs", "document_number"),
        ("V-nummer", "document_number"), ("Nationaliteit", "nationality"), ("Burgerlijke staat", "family"), ("Naam van uw partner", "family"), ("Geboortedatum van uw kind", "family"),
        ("Bent u doof of slechthorend?", "health"), ("Handtekening", "signature"),
        # words that only look like personal data
        ("Gebruikersnaam", None), ("Bedrijfsnaam", None), ("Naam organisatie", None), ("Productnaam", None), ("Bestandsnaam", None), ("Webadres", None), ("Hotel", None), ("Titel", None),
        ("Stel uw vraag", None), ("Onderwerp", None), ("Kenmerk", None), ("Zaaknummer", None), ("KvK-nummer", None), ("Mailing", None), ("Aantal kinderen", None), ("Beantwoord deze rekensom", None),
        ("Aantal personen", None), ("Mogen we u bellen voor vragen?", None), ("Wilt u telefonisch contact?", None), ("Plaatsen", None), ("", None),
    ],
)  # fmt: skip
def test_by_label(label: str, expected: str | None) -> None:
    assert of(label) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ctl01$CntWrapper$CntMain$ssm$ctl00$Voornaam", "name"), ("ctl00_CntMain_amc_ContantHolder_ssm_ctl00_Achternaam", "name"), ("tx_powermail_pi1[field][email]", "email"),
        ("submitted[uw_gegevens][e_mail]", "email"), ("email_address", "email"), ("first_name", "name"), ("infix", "name"), ("phonenumber", "phone"), ("houseNumberSuffix", "address"), ("postalCode", "postcode"),
        ("homeTown", "city"), ("dateOfBirth", "birth_date"), ("Emailadres", "email"), ("matches:form:keuzes:0:postcodeContainer:postcode", "postcode"), ("socialSecurityNumber", "bsn"),
        ("lastNamePrefix", "name"), ("mainPhoneNumber", "phone"), ("edit-submitted-naam", "name"), ("your-email", "email"), ("mobielnummer", "phone"),
        ("input_1.3", None), ("field_0_0", None), ("subject", None), ("hotelname", None), ("captcha", None), ("f_12345", None), ("username", None), ("filename", None), ("", None),
    ],
)  # fmt: skip
def test_by_name(name: str, expected: str | None) -> None:
    assert of(name=name) == expected
    assert of(id_=name) == expected


def test_the_label_decides_before_the_name() -> None:
    assert of("E-mailadres", name="naam") == "email"
    assert of("Bedrijfsnaam", name="naam") is None


def test_autofill_decides_before_the_name() -> None:
    assert of(name="veld_naam", autocomplete="section-a tel") == "phone"
    assert of(name="veld_naam", autocomplete="off") == "name"


@pytest.mark.parametrize(
    ("type_", "expected"),
    [
        ("email", "email"),
        ("tel", "phone"),
        ("file", "upload"),
        ("textarea", "free_text"),
        ("date", None),
        ("checkbox", None),
        ("password", None),
    ],
)
def test_by_type(type_: str, expected: str | None) -> None:
    assert of(type_=type_) == expected


def test_a_box_to_tick_asks_no_address() -> None:
    assert of("Stuur een kopie naar mijn e-mailadres", type_="checkbox") is None


def test_a_place_to_choose_is_no_home() -> None:
    assert of("Plaats", type_="select") is None


def test_a_pattern_of_a_postcode() -> None:
    assert of(pattern="[1-9][0-9]{3} ?[A-Za-z]{2}") == "postcode"


def test_order_is_that_of_the_closed_list() -> None:
    assert in_order({"free_text", "email", "name"}) == ("name", "email", "free_text")
    assert in_order(set(PERSONAL_DATA)) == PERSONAL_DATA


def test_words_of_a_name() -> None:
    assert name_words("ctl00$Main$EmailAdres") == "email adres"
    assert name_words("a[b][c][]") == "c"
