"""Invented names, and the Dutch, Frisian and English that the pages are filled with."""

from __future__ import annotations

import random

PROVINCES = (
    "Drenthe", "Flevoland", "Fryslân", "Gelderland", "Groningen", "Limburg", "Noord-Brabant", "Noord-Holland", "Overijssel", "Utrecht",
    "Zeeland", "Zuid-Holland",
)  # fmt: skip
CENTRES = {
    "Drenthe": (52.86, 6.62), "Flevoland": (52.53, 5.55), "Fryslân": (53.11, 5.83), "Gelderland": (52.06, 5.95), "Groningen": (53.22, 6.74),
    "Limburg": (51.21, 5.93), "Noord-Brabant": (51.56, 5.19), "Noord-Holland": (52.63, 4.88), "Overijssel": (52.44, 6.45),
    "Utrecht": (52.08, 5.17), "Zeeland": (51.46, 3.83), "Zuid-Holland": (51.98, 4.48),
}  # fmt: skip

_FIRST = (
    "Elzen", "Wilgen", "Vlier", "Zwanen", "Kievit", "Reiger", "Mos", "Klaver", "Rogge", "Haver", "Linden", "Iepen", "Hazel", "Distel",
    "Otter", "Bever", "Karper", "Snoek", "Merel", "Spreeuw", "Vinken", "Gruis", "Klinker", "Terp", "Wierde", "Zilver", "Koper", "Tinnen",
    "Mulder", "Brug", "Sluis", "Veer", "Turf", "Heide", "Braam", "Hulst", "Varen", "Wouw", "Zegge", "Pluim",
)  # fmt: skip
_LAST = (
    "drechterland",
    "hagen",
    "woldum",
    "meerdijk",
    "rodeveen",
    "kapelle",
    "borgum",
    "stedum",
    "landen",
    "waardum",
    "loosdijk",
    "zijlen",
)


def town_names(count: int) -> list[str]:
    """Distinct invented names of municipalities, in a fixed order."""
    names = [first + last for first in _FIRST for last in _LAST]
    random.Random(390).shuffle(names)
    rounds = range(count // len(names) + 1)
    return [name if not n else f"{name} {n + 1}" for n in rounds for name in names][:count]


PRODUCT_PAGES = (
    ("paspoort", "Paspoort"), ("identiteitskaart", "Identiteitskaart"), ("rijbewijs", "Rijbewijs"), ("verhuizing-doorgeven", "Verhuizing doorgeven"),
    ("uittreksel-brp", "Uittreksel uit de Basisregistratie Personen"), ("geboorte-aangeven", "Geboorte aangeven"),
    ("trouwen", "Trouwen en partnerschap"), ("naturalisatie", "Nederlander worden"), ("vog", "Verklaring Omtrent het Gedrag"),
    ("overlijden", "Overlijden aangeven"), ("parkeervergunning", "Parkeervergunning"), ("omgevingsvergunning", "Omgevingsvergunning"),
    ("hondenbelasting", "Hondenbelasting"), ("bijstand", "Bijstandsuitkering"), ("kwijtschelding", "Kwijtschelding belastingen"),
    ("gehandicaptenparkeerkaart", "Gehandicaptenparkeerkaart"), ("grofvuil", "Grofvuil"), ("woz-waarde", "WOZ-waarde"),
    ("leerlingenvervoer", "Leerlingenvervoer"), ("hulp-bij-het-huishouden", "Hulp bij het huishouden"), ("evenement-melden", "Evenement organiseren"),
    ("kapvergunning", "Boom kappen"), ("collecte", "Collecteren"), ("standplaats", "Standplaats"), ("subsidie", "Subsidie voor verenigingen"),
    ("schuldhulp", "Hulp bij schulden"), ("laadpaal", "Laadpaal in de straat"), ("begraven", "Begraven en cremeren"), ("marktplaats", "Weekmarkt"),
    ("rioolaansluiting", "Aansluiting op het riool"),
)  # fmt: skip
TOPIC_PAGES = (
    ("bestuur", "Bestuur en organisatie"), ("gemeenteraad", "Gemeenteraad"), ("college", "College van burgemeester en wethouders"),
    ("wonen", "Wonen en bouwen"), ("werk", "Werk en inkomen"), ("zorg", "Zorg en ondersteuning"), ("verkeer", "Verkeer en vervoer"),
    ("natuur", "Natuur en milieu"), ("sport", "Sport en bewegen"), ("cultuur", "Kunst en cultuur"), ("onderwijs", "Onderwijs en jeugd"),
    ("ondernemen", "Ondernemen"), ("duurzaam", "Duurzaam en energie"), ("veiligheid", "Veiligheid"), ("toegankelijkheid", "Toegankelijkheid"),
    ("privacy", "Privacyverklaring"), ("openingstijden", "Openingstijden en adres"), ("over-de-gemeente", "Over de gemeente"),
)  # fmt: skip
NEWS = (
    "Nieuwe speeltuin geopend in de Lindestraat", "Werkzaamheden aan de Dorpsweg beginnen maandag", "Raad stelt begroting vast",
    "Vrijwilligers gezocht voor de buurtmoestuin", "Zwembad langer open in de zomer", "Subsidie voor groene daken weer beschikbaar",
    "Bibliotheek verhuist naar het oude raadhuis", "Gladheidsbestrijding: zo werkt het", "Brug over de vaart tijdelijk afgesloten",
    "Inloopavond over het bestemmingsplan", "Kunstroute trekt veel bezoekers", "Nieuwe fietspaden langs de ringweg",
)  # fmt: skip
SENTENCES = (
    "De gemeente verwerkt uw gegevens zorgvuldig en bewaart ze niet langer dan nodig is.",
    "U krijgt binnen acht weken een besluit, tenzij wij u laten weten dat wij meer tijd nodig hebben.",
    "De kosten worden ieder jaar door de gemeenteraad vastgesteld in de legesverordening.",
    "Neem een geldig identiteitsbewijs mee als u naar het gemeentehuis komt.",
    "In de zomerperiode kan de behandeling iets langer duren dan u van ons gewend bent.",
    "Woont u nog maar kort in de gemeente, dan gelden soms andere voorwaarden.",
    "De wethouder sprak van een goede stap voor de bewoners van het buitengebied.",
    "Het wijkteam denkt graag met u mee over passende ondersteuning dicht bij huis.",
    "Op het kaartje ziet u welke straten tijdens de werkzaamheden zijn afgesloten.",
    "Bent u het niet eens met het besluit, dan kunt u binnen zes weken bezwaar maken.",
    "De raad vergadert iedere tweede donderdag van de maand in het raadhuis.",
    "Voor verenigingen en stichtingen is een aparte regeling beschikbaar.",
    "Het afval wordt om de week opgehaald; zet de container voor half acht aan de weg.",
    "Bij de balie in het gemeentehuis kunt u ook pinnen; contant betalen is niet mogelijk.",
    "Inwoners met een laag inkomen komen mogelijk in aanmerking voor een tegemoetkoming.",
    "De omgevingsdienst houdt namens de gemeente toezicht op de naleving van de regels.",
    "Samen met ondernemers werken wij aan een levendig centrum met ruimte voor groen.",
    "De werkzaamheden duren naar verwachting tot het einde van het voorjaar.",
    "Op werkdagen zijn wij telefonisch bereikbaar tussen negen en vijf uur.",
    "Voor kinderen tot twaalf jaar is de toestemming van beide ouders nodig.",
    "Wij publiceren alle besluiten in het elektronische gemeenteblad.",
    "De buurtbewoners maakten samen een plan voor het nieuwe plein.",
    "Een aanvraag is pas volledig als alle stukken zijn ontvangen.",
    "U hoeft niets te doen als uw situatie gelijk is gebleven.",
)  # fmt: skip

LABELS: dict[str, dict[str, str]] = {
    "nl": {
        "contact": "Contact", "contact_form": "Contactformulier", "appointment": "Afspraak maken", "news": "Nieuws", "search": "Zoeken",
        "products": "Aanvragen en regelen", "welcome": "Welkom bij de gemeente", "menu": "Hoofdmenu", "more": "Lees meer over", "skip": "Naar de inhoud",
        "agenda": "Agenda", "related": "Ook interessant", "breadcrumb": "Kruimelpad", "home": "Home", "wordless": "Paspoort aanvragen",
        "change": "Afspraak wijzigen", "cancel": "Afspraak annuleren",
    },
    "fy": {
        "contact": "Kontakt", "contact_form": "Kontaktformulier", "appointment": "Meitsje in ôfspraak", "news": "Nijs", "search": "Sykje",
        "products": "Underwerpen", "welcome": "Wolkom by de gemeente", "menu": "Haadmenu", "more": "Lês mear oer", "skip": "Nei de ynhâld",
        "agenda": "Aginda", "related": "Ek nijsgjirrich", "breadcrumb": "Krûmelpaad", "home": "Thús", "wordless": "Paspoart oanfreegje",
        "change": "Ôfspraak feroarje", "cancel": "Ôfspraak annulearje",
    },
    "en": {
        "contact": "Contact us", "contact_form": "Contact form", "appointment": "Make an appointment", "news": "News", "search": "Search",
        "products": "Services", "welcome": "Welcome to the municipality", "menu": "Main menu", "more": "Read more about", "skip": "Skip to content",
        "agenda": "Events", "related": "See also", "breadcrumb": "Breadcrumb", "home": "Home", "wordless": "Apply for a passport",
        "change": "Change appointment", "cancel": "Cancel appointment",
    },
}  # fmt: skip
