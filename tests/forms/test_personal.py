"""Which personal data a field asks for: label, then autofill name, then name or id, then type; and words that only look like it."""

from __future__ import annotations

import pytest

from gemcrawl.forms.personal import asked, category, in_order, name_words
from gemcrawl.items import PERSONAL_DATA, Field


def of(
    label: str = "", *, name: str = "", type_: str = "text", group: str = "", autocomplete: str = "", id_: str = "", pattern: str = ""
) -> str | None:
    return category(label=label, group=group, autocomplete=autocomplete, name=name, id_=id_, type_=type_, pattern=pattern)


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Hoe mogen wij u noemen?", "name"), ("Waar kunnen we het antwoord heen mailen?", "email"), ("Nummer van het document", "document_number"),
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


MORE_LABELS = [("Voor- en achternaam", "name"),("Uw voornaam en achternaam", "name"),("Volledige naam aanvrager", "name"),("Naam contactpersoon", "name"),("Contactpersoon", "name"),("First name", "name"),("Last name / Surname", "name"),("Vorname", "name"),("Nachname *", "name"),("Foarnamme", "name"),("Efternamme", "name"),("Roepnaam", "name"),("Tussenvoegsel", "name"),("Meisjesnaam", "name"),
("Aanhef *", "gender"),("Geslacht", "gender"),("Anrede", "gender"),("Salutation", "gender"),
("Geboortedatum kind", "family"),("Geboortedatum partner", "family"),("Geboorteplaats", "birth_date"),("Leeftijd", None),("Geb. datum baby", "family"),("Geburtsdatum des Kindes", "family"),("Date of birth of your partner", "family"),("Voor- en achternaam bruid", "name"),("BSN overledene", "bsn"),("Geb. datum", "birth_date"),("Geburtsdatum (TT.MM.JJJJ)", "birth_date"),
("Burgerservicenummer", "bsn"),("BSN van uw partner", "family"),("BSN-nummer", "bsn"),("Citizen service number (BSN)", "bsn"),
("Straat en huisnummer", "address"),("Huisnr.", "address"),("Huisletter", "address"),("Toevoeging huisnummer", "address"),("Land", "address"),("Country", "address"),("Street address", "address"),("Hausnummer", "address"),("Straße", "address"),("Adresgegevens", "address"),("Correspondentieadres", "address"),("Nieuw adres", "address"),
("Postcode (1234 AB)", "postcode"),("PLZ", "postcode"),("Postal code", "postcode"),("Postkoade", "postcode"),
("Woonplaats", "city"),("Plaats", "city"),("Ort", "city"),("Town/City", "city"),("Stêd", "city"),
("E-mail", "email"),("Mailadres", "email"),("Uw e-mailadres (verplicht)", "email"),("E-Mail-Adresse", "email"),("Bevestig e-mailadres", "email"),
("Tel. overdag", "phone"),("Nummer waarop we je kunnen bellen", "phone"),("Ik word het liefst gebeld op", "phone"),("Telefonisch bereikbaar", "phone"),("Bereikbaar onder", "phone"),("Where can we call you on?", "phone"),("Telefoonnummer (mobiel of vast)", "phone"),("Mobiele telefoon", "phone"),("06", "phone"),("Phone number", "phone"),("Rufnummer", "phone"),("Op welk nummer kunnen we u bereiken?", "phone"),("Tillefoannûmer", "phone"),
("IBAN", "iban"),("Rekeningnummer (IBAN)", "iban"),("Op welk rekeningnummer ontvangt u het geld?", "iban"),
("Kenteken van uw auto", "licence_plate"),("Kennzeichen", "licence_plate"),
("Nummer van uw identiteitsbewijs", "document_number"),("Paspoortnummer", "document_number"),("Rijbewijsnummer", "document_number"),
("Nationaliteit", "nationality"),("Staatsangehörigkeit", "nationality"),
("Naam kind", "family"),("Naam van de overledene", "family"),("Burgerlijke staat", "family"),("Voornamen kind", "family"),
("Heeft u een beperking?", "health"),("Bent u rolstoelgebruiker? (rolstoel)", "health"),("Allergieën", "health"),
("Handtekening", "signature"),
("Naam evenement", None),("Naam van uw organisatie", None),("Bedrijfsnaam", None),("Firma", None),("Organisatie", None),("Onderwerp", None),("Subject", None),("Betreft", None),("Zaaknummer", None),("Kenmerk", None),("Factuurnummer", None),("Aanslagnummer", None),("KvK-nummer", None),("Vestigingsnummer", None),("Afspraaknummer", None),("Afspraakcode", None),("Datum", None),("Tijdstip", None),("Aantal personen", None),("Website", None),("Locatie van de melding", None),("Datum gebeurtenis", None),("Welke dag?", None),("Captcha", None),("Hoeveel is 3 + 4?", None),("Trefwoord", None),("Gebruikersnaam", None),("Titel van uw idee", None),("Naam van het project", None),("Naam product", None),("Bedrag", None),("Inkomen", None),("Ik ga akkoord met de privacyverklaring", None),("Product", None),("Soort melding", None),("Afdeling", None),("Hotel", None),("Plaats van de melding", None),("Naam ambtenaar", None),("Naam hond", None),("Chipnummer", None),("Perceelnummer", None),("Kadastraal nummer", None),("Functie", None),("School", None),("Wat is uw relatie tot de gemeente?", None),("Type woning", None),("Bouwjaar woning", None),("Startdatum", None),("Ingangsdatum verhuizing", None),("Aantal gasten", None),("Reden van uw verzoek", None),("Bereikbaarheid", None),("Beschikbaarheid", None),("Wachtwoord", None),("Zoek op adres", None),("How did you hear about us?", None),("What kind of question do you have?", None),("Kind of visit", None),("Arts and culture", None) ]  # fmt: skip
MORE_NAMES = [("naam", "name"),("txtNaam", "name"),("ctl00$cph$tbVoornaam", "name"),("edit-field-naam-0-value", "name"),("submitted[naam]", "name"),("tx_form[achternaam]", "name"),("email1", "email"),("contactEmail", "email"),("tel", "phone"),("telefoonnummer_mobiel", "phone"),("form[fields][postcode]", "postcode"),("huisnr", "address"),("woonplaats2", "city"),("your-name", "name"),("fld_email", "email"),("bsn_nummer", "bsn"),("iban_nr", "iban"),("kentekenplaat", "licence_plate"),("geboortedatum_dag", "birth_date"),("dob_day", "birth_date"),("subject", None),("message", None),("productnaam", None),("field_1", None),("q", None),("bestelling", None),("titel", None),("datum", None),("organisatie", None),("txtEmailadres", "email"),("strEmail", "email"),("inputTelefoon", "phone"),("frmPostcode", "postcode"),("tbWoonplaats", "city"),("vraag_naam", "name"),("uwnaam", "name"),("Naam_3", "name"),("Form_Email", "email")]  # fmt: skip


@pytest.mark.parametrize(("label", "expected"), MORE_LABELS)
def test_more_labels(label: str, expected: str | None) -> None:
    assert of(label) == expected


@pytest.mark.parametrize(("name", "expected"), MORE_NAMES)
def test_more_names(name: str, expected: str | None) -> None:
    assert of(name=name) == expected


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Postcode en woonplaats", ("postcode", "city")), ("Naam, adres en woonplaats", ("name", "address", "city")), ("Telefoonnummer of e-mailadres", ("email", "phone")),
        ("Country of birth", ("birth_date",)), ("Straat + huisnummer", ("address",)), ("Geboortedatum en -plaats", ("birth_date",)), ("Naam (en adres)", ("name",)),
    ],
)  # fmt: skip
def test_one_field_may_ask_for_several_things(label: str, expected: tuple[str, ...]) -> None:
    field = Field(name="f", label=label, type="text", category=of(label))
    assert asked([field]) == expected


def test_somebody_elses_data_are_family() -> None:
    assert of("Voornaam", group="Gegevens partner") == "family"
    assert of("BSN van uw kind") == "family"
    assert of("Handtekening", group="Gegevens partner") == "signature"


def test_choices_tell_a_salutation() -> None:
    assert category(label="Title", group="", autocomplete="", name="t", id_="", type_="select", hint="Mr / Mrs / Ms") == "gender"
    assert category(label="Keuze", group="", autocomplete="", name="t", id_="", type_="select", hint="Adres / Postcode") is None


def test_an_example_in_the_field_counts_last() -> None:
    assert category(label="Hoe bereiken we u?", group="", autocomplete="", name="x", id_="", type_="text", hint="06-12345678") == "phone"
    assert category(label="Waar is het?", group="", autocomplete="", name="x", id_="", type_="text", hint="Zoek uw adres") is None
