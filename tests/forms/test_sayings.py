"""What forms are called and what they ask, in many words: short pages that say what a municipality's page says, and the kind they are."""

from __future__ import annotations

import pytest

from gemcrawl.forms import read_page

NAME = "<label>Naam<input name=a1></label>"
MAIL = "<label>E-mailadres<input name=a2 type=email></label>"
PHONE = "<label>Telefoonnummer<input name=a3 type=tel></label>"
WHO = NAME + MAIL
TEXT = "<label>Toelichting<textarea name=a4></textarea></label>"
STREET = "<label>Postcode<input name=pc></label><label>Huisnummer<input name=nr></label>"


def radios(*options: str) -> str:
    return "".join(f"<label><input type=radio name=keuze value={i}>{option}</label>" for i, option in enumerate(options))


# (kind, path, heading, inside the form, button)
CASES = [
    # appointment: product choice, place, date, person
    ("appointment", "/afspraak", "Afspraak maken", radios("Paspoort", "Rijbewijs", "Verhuizing"), "Volgende"),
    ("appointment", "/loket/stap1", "Waarvoor wilt u langskomen?", radios("Paspoort aanvragen", "Rijbewijs verlengen", "Uittreksel", "Verhuizing doorgeven"), "Verder"),
    ("appointment", "/x/stap2", "Kies een datum en tijd", "<label>Datum<select name=d></select></label><label>Tijd<select name=t></select></label>", "Volgende"),
    ("appointment", "/x/stap3", "Locatie, datum en tijdstip", radios("Stadskantoor", "Servicepunt Noord"), "Ga verder naar stap 3"),
    ("appointment", "/x", "Balieafspraak plannen", NAME + PHONE, "Plan mijn afspraak"),
    ("appointment", "/x", "Reserveer een tijdslot aan de balie", "<label>Dag<input type=date name=dag></label><label>Tijdslot<select name=slot></select></label>", "Reserveren"),
    ("appointment", "/x", "Videobelafspraak met een medewerker", WHO, "Afspraak bevestigen"),
    ("appointment", "/gesprek", "Plan een gesprek met de burgemeester", WHO + "<label>Gewenste datum<input type=date name=d></label>", "Versturen"),
    ("appointment", "/spreekuur", "Afspraak voor het spreekuur van de wethouder", WHO + TEXT, "Versturen"),
    ("appointment", "/fy/ofspraak", "Meitsje in ôfspraak", radios("Paspoart", "Rydbewiis"), "Folgjende"),
    ("appointment", "/fy/x", "Ofspraak meitsje", "<label>Namme<input name=n></label>", "Fierder"),
    ("appointment", "/en/x", "Schedule your appointment", "<label>Name<input name=n></label>", "Next"),
    ("appointment", "/en/x", "Book a time slot at the city office", "<label>Date<input type=date name=d></label><label>Time<select name=t></select></label>", "Book"),
    ("appointment", "/de/x", "Termin online buchen", "<label>Name<input name=n></label>", "Weiter"),
    ("appointment", "/trouwen", "Datum en tijd reserveren voor uw huwelijk", "<label>Datum<input type=date name=d></label><label>Tijd<select name=t></select></label>" + NAME, "Reserveren"),
    ("appointment", "/x", "Online afspraak paspoort ophalen", NAME + "<label>Geboortedatum<input name=g></label>", "Bevestigen"),
    ("appointment", "/milieustraat", "Afspraak milieustraat", STREET + "<label>Datum<input type=date name=d></label><label>Tijd<select name=t></select></label>", "Afspraak maken"),
    ("appointment", "/x", "Afspraak inplannen voor huisbezoek", WHO + PHONE, "Versturen"),
    ("appointment", "/rijbewijs/x", "Rijbewijs aanvragen: kies een moment", "<label>Tijd<select name=m><option>09:00<option>09:15<option>09:30</select></label>" + NAME, "Afspraak vastleggen"),
    ("appointment", "/afspraak/product", "Paspoort aanvragen", radios("Aantal personen: 1", "Aantal personen: 2"), "Volgende"),
    ("appointment", "/afspraak/x", "Uw gegevens", NAME + MAIL + "<label>Geboortedatum<input name=g></label>", "Verder"),
    ("appointment", "/afspraak/x", "Afspraak maken bij het Klant Contact Centrum", WHO + TEXT, "Versturen"),
    ("appointment", "/afspraak/x", "Afspraak belastingen", WHO + PHONE + "<label>Waarover gaat uw vraag?<textarea name=v></textarea></label>", "Versturen"),
    ("appointment", "/huwelijk/x", "Gesprek met de trouwambtenaar plannen", WHO + "<label>Datum<input type=date name=d></label>", "Versturen"),
    ("appointment", "/geboorte/x", "Afspraak geboorteaangifte", NAME + "<label>Datum<input type=date name=d></label>", "Versturen"),
    ("appointment", "/wmo/x", "Afspraak maken voor een keukentafelgesprek Wmo", WHO + PHONE, "Versturen"),
    # manage_appointment
    ("manage_appointment", "/x", "Afspraak wijzigen of annuleren", "<label>Afspraaknummer<input name=n></label>" + MAIL, "Zoek afspraak"),
    ("manage_appointment", "/x", "Uw afspraak afzeggen", "<label>Code<input name=c></label>", "Afzeggen"),
    ("manage_appointment", "/x", "Reservering annuleren", "<label>Reserveringsnummer<input name=c></label>" + MAIL, "Annuleren"),
    ("manage_appointment", "/en/x", "Manage your appointment", "<label>Booking code<input name=c></label>", "Continue"),
    ("manage_appointment", "/fy/x", "Ofspraak feroarje of ôfsizze", "<label>Koade<input name=c></label>", "Fierder"),
    ("manage_appointment", "/de/x", "Termin stornieren", "<label>Terminnummer<input name=c></label>", "Weiter"),
    # contact
    ("contact", "/contact", "Contact", WHO + "<label>Bericht<textarea name=b></textarea></label>", "Versturen"),
    ("contact", "/vraag", "Een vraag stellen", "<label>Uw vraag<textarea name=b></textarea></label>", "Volgende"),
    ("contact", "/x", "Heeft u een vraag?", WHO + "<label>Wat wilt u weten?<textarea name=b></textarea></label>", "Verzenden"),
    ("contact", "/x", "Mail ons", WHO + "<label>Bericht<textarea name=b></textarea></label>", "Verzenden"),
    ("contact", "/x", "Vraag, idee of suggestie", WHO + "<label>Uw vraag, idee of suggestie<textarea name=b></textarea></label>", "Verzenden"),
    ("contact", "/x", "Vraag, tip of klacht doorgeven", WHO + "<label>Bericht<textarea name=b></textarea></label>", "Verzenden"),
    ("contact", "/team", "Stuur het wijkteam een bericht", WHO + "<label>Bericht<textarea name=b></textarea></label>", "Verzenden"),
    ("contact", "/fy/x", "Stel jo fraach", "<label>Namme<input name=n></label><label>Jo fraach<textarea name=v></textarea></label>", "Ferstjoere"),
    ("contact", "/en/x", "Get in touch with the municipality", "<label>Name<input name=n></label><label>Message<textarea name=v></textarea></label>", "Send"),
    ("contact", "/de/x", "Kontakt", "<label>Name<input name=n></label><label>Nachricht<textarea name=v></textarea></label>", "Absenden"),
    ("contact", "/pers", "Contactformulier voor journalisten", WHO + "<label>Uw vraag<textarea name=v></textarea></label>", "Verstuur"),
    ("contact", "/x", "E-mailformulier", WHO + "<label>Onderwerp<input name=o></label><label>Bericht<textarea name=v></textarea></label>", "Verstuur"),
    ("contact", "/x", "Contactformulier", "<p>Wilt u een afspraak maken? Gebruik dan de afsprakenmodule.</p>" + WHO + "<label>Vraag<textarea name=v></textarea></label>", "Verstuur"),
    ("contact", "/belastingen/contact", "Contactformulier belastingen", WHO + "<label>Aanslagnummer<input name=n></label><label>Uw vraag<textarea name=v></textarea></label>", "Versturen"),
    ("contact", "/x", "Stel een vraag over parkeren", WHO + "<label>Kenteken<input name=k></label><label>Uw vraag<textarea name=v></textarea></label>", "Versturen"),
    ("contact", "/x", "Vraag over uw aanvraag", WHO + "<label>Zaaknummer<input name=k></label><label>Uw vraag<textarea name=v></textarea></label>", "Verzenden"),
    ("contact", "/x", "Vraag over een vergunning", WHO + "<label>Vraag<textarea name=v></textarea></label>", "Verzenden"),
    ("contact", "/college/x", "Stel uw vraag aan het college", WHO + "<label>Vraag<textarea name=v></textarea></label>", "Verzenden"),
    ("contact", "/x", "Contact met het sociaal team", WHO + PHONE + "<label>Waar wilt u hulp bij?<textarea name=v></textarea></label>", "Verzenden"),
    ("contact", "/x", "Contact met de ombudsman van de gemeente", WHO + "<label>Uw bericht<textarea name=v></textarea></label>", "Verzenden"),
    ("contact", "/x", "Contact ondernemersloket", WHO + "<label>Bedrijfsnaam<input name=k></label><label>Waar gaat uw vraag over?<select name=s></select></label><label>Vraag<textarea name=v></textarea></label>", "Verzenden"),
    ("contact", "/gemeenteraad/x", "Stuur een e-mail aan de gemeenteraad", WHO + "<label>Bericht<textarea name=v></textarea></label>", "Verzenden"),
    ("contact", "/x", "Vraag of melding", WHO + radios("Vraag", "Melding", "Klacht") + "<label>Bericht<textarea name=v></textarea></label>", "Verzenden"),
    ("contact", "/contact/x", "Contactformulier", radios("Ik heb een vraag", "Ik heb een klacht", "Ik wil een melding doen"), "Volgende"),
    ("contact", "/contact/x", "Contactformulier", WHO + "<label>Onderwerp<select name=o><option>Paspoort en rijbewijs<option>Verhuizing<option>Uittreksel<option>Trouwen<option>Geboorteaangifte</select></label><label>Vraag<textarea name=v></textarea></label>", "Volgende"),
    ("contact", "/x", "Schriftelijk contact", WHO + "<label>Uw bericht aan ons<textarea name=v></textarea></label><label>Wilt u teruggebeld worden?<input type=checkbox name=c></label>", "Verzenden"),
    # callback
    ("callback", "/x", "Terugbelverzoek", NAME + PHONE, "Versturen"),
    ("contact", "/terugbellen", "Contact en terugbellen", WHO + "<label>Vraag<textarea name=v></textarea></label>", "Mail ons"),
    ("contact", "/reageren", "Reageren", radios("Vraag", "Tip", "Compliment") + WHO + PHONE + "<label>Uw reactie<textarea name=r></textarea></label>", "Verzend uw reactie"),
    ("callback", "/x", "Bel mij terug", NAME + PHONE + "<label>Dagdeel<select name=d></select></label>", "Bel mij terug"),
    ("callback", "/x", "Wilt u teruggebeld worden?", NAME + PHONE + TEXT, "Verstuur"),
    ("callback", "/x", "Terugbelafspraak maken", NAME + PHONE + "<label>Datum<input type=date name=d></label><label>Tijd<select name=t></select></label>", "Versturen"),
    ("callback", "/contact/x", "Laat u terugbellen", PHONE, "Verstuur"),
    ("callback", "/x", "Wij bellen u", NAME + PHONE + "<label>Wanneer kunnen wij u bellen?<select name=d></select></label>", "Verstuur"),
    ("callback", "/x", "Verzoek om terug te bellen", NAME + PHONE, "Verstuur"),
    ("callback", "/en/x", "Request a call", "<label>Name<input name=n></label><label>Phone<input name=p></label>", "Call me"),
    ("callback", "/de/x", "Rückruf anfordern", "<label>Name<input name=n></label><label>Telefon<input name=p></label>", "Absenden"),
    ("callback", "/fy/x", "Belje my werom", "<label>Namme<input name=n></label><label>Tillefoan<input name=p></label>", "Ferstjoere"),
    ("callback", "/contact", "Contact", "<h2>Wij bellen u graag terug</h2>" + NAME + PHONE, "Verzenden"),
    ("callback", "/x", "Telefonisch contact met een consulent", NAME + PHONE + "<label>Wanneer bent u bereikbaar?<select name=d><option>Ochtend<option>Middag</select></label>", "Verzenden"),
    ("callback", "/x", "Terugbelservice belastingen", NAME + PHONE + "<label>Waarover wilt u ons spreken?<textarea name=w></textarea></label>", "Verzenden"),
    ("callback", "/wmo/x", "Wmo: terugbelverzoek", NAME + PHONE + "<label>Uw vraag<textarea name=w></textarea></label>", "Verzenden"),
    # complaint
    ("complaint", "/x", "Klacht indienen", WHO + "<label>Omschrijving van uw klacht<textarea name=v></textarea></label>", "Versturen"),
    ("complaint", "/x", "Klachtenformulier", WHO + TEXT, "Versturen"),
    ("complaint", "/x", "Bent u ontevreden over ons?", WHO + "<label>Waarover gaat uw klacht?<textarea name=v></textarea></label>", "Klacht versturen"),
    ("complaint", "/en/x", "File a complaint", "<label>Name<input name=n></label><label>Your complaint<textarea name=v></textarea></label>", "Submit"),
    ("complaint", "/de/x", "Beschwerde einreichen", "<label>Name<input name=n></label>", "Absenden"),
    # report
    ("report", "/x", "Melding openbare ruimte", "<label>Locatie<input name=l></label>" + TEXT + MAIL, "Melding versturen"),
    ("report", "/x", "Iets kapot op straat?", "<label>Wat is er kapot?<textarea name=l></textarea></label>" + MAIL, "Meld het ons"),
    ("report", "/x", "Woonoverlast melden", WHO + TEXT, "Versturen"),
    ("report", "/x", "Meld een kapotte lantaarnpaal", MAIL + TEXT, "Versturen"),
    ("report", "/x", "Kwetsbaarheid melden", MAIL + TEXT, "Versturen"),
    ("report", "/x", "Datalek melden", MAIL + TEXT, "Versturen"),
    ("report", "/en/x", "Report an issue in your street", MAIL + TEXT, "Send"),
    ("report", "/x", "Integriteitsmelding", WHO + TEXT, "Versturen"),
    # newsletter
    ("newsletter", "/x", "Aanmelden nieuwsbrief", MAIL, "Aanmelden"),
    ("newsletter", "/x", "Nieuwsflits", MAIL, "Meld me aan"),
    ("newsletter", "/bijeenkomst", "Volg dit project", MAIL, "Volg"),
    ("newsletter", "/x", "Blijf op de hoogte van dit project", NAME + MAIL, "Aanmelden"),
    ("newsletter", "/x", "Ontvang bekendmakingen per e-mail", MAIL + STREET, "Abonneren"),
    ("newsletter", "/en/x", "Subscribe to our newsletter", MAIL, "Subscribe"),
    # feedback
    ("feedback", "/x", "Wat vindt u van deze pagina?", radios("Goed", "Slecht") + TEXT, "Versturen"),
    ("feedback", "/x", "Hoe beoordeelt u deze pagina?", radios("1", "2", "3", "4", "5") + MAIL, "Verstuur beoordeling"),
    ("feedback", "/x", "Kon u vinden wat u zocht?", radios("Ja", "Nee"), "Verstuur"),
    ("feedback", "/x", "Heeft u suggesties voor deze pagina?", TEXT + MAIL, "Verstuur"),
    ("feedback", "/x", "Is deze pagina duidelijk?", radios("Ja", "Nee") + TEXT, "Verstuur"),
    ("feedback", "/en/x", "Was this page helpful?", radios("Yes", "No"), "Send"),
    ("feedback", "/de/x", "War diese Information hilfreich?", radios("Ja", "Nein"), "Senden"),
    ("feedback", "/fy/x", "Hawwe jo fûn wat jo sochten?", radios("Ja", "Nee"), "Ferstjoere"),
    # comment
    ("comment", "/nieuws/x", "Reageer op dit bericht", WHO + "<label>Reactie<textarea name=comment></textarea></label>", "Reactie plaatsen"),
    ("comment", "/x", "Laat een reactie achter", WHO + "<label>Uw reactie<textarea name=r></textarea></label>", "Plaats reactie"),
    # login
    ("login", "/x", "Mijn gemeente", "<label>Gebruikersnaam<input name=u></label><label>Wachtwoord<input type=password name=w></label>", "Inloggen"),
    ("login", "/x", "Inloggen met DigiD", "", "Inloggen met DigiD"),
    ("login", "/x", "Hoe wilt u verder gaan?", radios("Inloggen met DigiD", "Inloggen met eHerkenning"), "Inloggen"),
    # product: what is applied for or declared
    ("product", "/x", "Verhuizing doorgeven", NAME + STREET, "Volgende"),
    ("product", "/x", "Woo-verzoek indienen", WHO + "<label>Welke informatie wilt u?<textarea name=v></textarea></label>", "Indienen"),
    ("product", "/x", "Bezwaar maken", WHO + "<label>Waarom bent u het niet eens?<textarea name=v></textarea></label>", "Bezwaar indienen"),
    ("product", "/x", "Subsidie aanvragen", WHO + "<label>IBAN<input name=i></label>", "Aanvraag versturen"),
    ("product", "/x", "Kapvergunning aanvragen", WHO + TEXT, "Aanvragen"),
    ("product", "/x", "Hond aanmelden voor de hondenbelasting", WHO + STREET, "Aanmelden"),
    ("product", "/x", "Grofvuil laten ophalen", WHO + STREET + "<label>Datum<select name=d></select></label>", "Aanmelden"),
    ("product", "/x", "Uittreksel bevolkingsregister bestellen", NAME + "<label>BSN<input name=b></label>", "Bestellen"),
    ("product", "/x", "Verzoek om inzage in uw persoonsgegevens", WHO + TEXT, "Versturen"),
    ("product", "/x", "Melding Wmo", WHO + TEXT, "Versturen"),
    ("product", "/x", "Schadeclaim indienen", WHO + TEXT + "<label>IBAN<input name=i></label>", "Versturen"),
    ("product", "/x", "Parkeerabonnement aanvragen", WHO + "<label>Kenteken<input name=k></label>", "Aanvragen"),
    ("product", "/en/x", "Apply for a permit", WHO, "Apply"),
    ("product", "/de/x", "Reisepass beantragen", WHO, "Weiter"),
    ("product", "/fy/x", "Paspoart oanfreegje", WHO, "Fierder"),
    # other
    ("other", "/x", "Afvalkalender", STREET, "Toon kalender"),
    ("other", "/x", "Bekijk uw afvalkalender", STREET, "Bekijk"),
    ("other", "/x", "Aanmelden bewonersavond", WHO + "<label>Aantal personen<input name=n></label>", "Aanmelden"),
    ("other", "/x", "Solliciteer op deze vacature", WHO + "<label>CV<input type=file name=c></label><label>Motivatie<textarea name=m></textarea></label>", "Versturen"),
    ("other", "/x", "Reageer op het plan voor de Dorpsstraat", WHO + "<label>Uw ideeën<textarea name=m></textarea></label>", "Denk mee"),
    ("other", "/x", "Inspreken bij de gemeenteraad", WHO + "<label>Onderwerp<input name=o></label>", "Aanmelden"),
    ("other", "/x", "Enquête veiligheid in de buurt", radios("Veilig", "Onveilig") + TEXT, "Volgende"),
    ("other", "/x", "Sportzaal huren", WHO + "<label>Datum<input type=date name=d></label><label>Tijd<select name=t></select></label>", "Reserveren"),
    ("other", "/x", "WOZ-waarde opzoeken", STREET, "Zoek"),
    ("other", "/x", "Prestatieafspraken 2026 met woningcorporaties", WHO + TEXT, "Versturen"),
    ("other", "/x", "Cookie-instellingen", "<label><input type=checkbox name=c>Statistiek</label>", "Opslaan"),
    ("other", "/x", "Formulier", NAME, "Verder"),
    ("other", "/x", "Reken uw eigen bijdrage uit", "<label>Inkomen<input name=i></label>", "Bereken"),
    ("other", "/x", "Rondleiding in het gemeentehuis", WHO + "<label>Datum<input type=date name=d></label><label>Aantal personen<input name=n></label>", "Aanmelden"),
    # search
    ("search", "/zoeken", "Zoeken", "<input name=zoekwoord>", "Zoek"),
    ("search", "/x", "Zoek in bekendmakingen", "<label>Trefwoord<input name=t></label><label>Van<input type=date name=v></label><label>Tot<input type=date name=w></label>", "Zoeken"),
    ("search", "/agenda", "Filter de agenda", "<label>Datum<input type=date name=v></label><label>Thema<select name=t></select></label>", "Filter"),
    ("search", "/veelgestelde-vragen", "Zoek in veelgestelde vragen", "<label>Stel uw vraag<input name=q></label>", "Zoek"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "path", "heading", "inside", "button"), CASES, ids=[f"{c[0]}: {c[2]}" for c in CASES])
def test_kind(kind: str, path: str, heading: str, inside: str, button: str) -> None:
    html = f"<title>{heading} - Gemeente X</title><main><h1>{heading}</h1><form method=post action=''>{inside}<button>{button}</button></form></main>"
    (form,) = read_page(html.encode(), f"https://www.gem.test{path}").forms
    assert form.kind == kind, form.kind_reasons


# The same among the search box and the site's name that stand on every page, with fields of no telling names.
N = "<div class=f><label for=n1>Naam</label><input id=n1 name=q1></div>"
M = "<div class=f><label for=n2>E-mailadres</label><input id=n2 type=email name=q2></div>"
P = "<div class=f><label for=n3>Telefoonnummer</label><input id=n3 type=tel name=q3></div>"
A = (
    "<div><label for=s>Straat</label><input id=s></div><div><label for=h>Huisnummer</label><input id=h></div>"
    "<div><label for=pc>Postcode</label><input id=pc></div><div><label for=w>Woonplaats</label><input id=w></div>"
)
G = "<div><label for=g>Geboortedatum</label><input id=g></div>"
DT = "<label>Datum<input type=date name=d></label>"
R = radios


def text(label: str) -> str:
    return f"<div><label for=t>{label}</label><textarea id=t name=q9></textarea></div>"


def choice(label: str, *options: str) -> str:
    return f"<label for=sel>{label}</label><select id=sel name=sel>" + "".join(f"<option>{o}" for o in options) + "</select>"


MORE = [
    ("appointment","/paspoort/aanvragen/afspraak","Paspoort aanvragen","<h2>Afspraak maken</h2>"+choice("Locatie","Stadhuis","Wijkcentrum")+DT,"Volgende"),
    ("appointment","/f/12","Afspraak bij de gemeente: uw gegevens",N+G+M+P,"Afspraak bevestigen"),
    ("appointment","/f/12","Stap 3 van 5: datum en tijd",R("09:00","09:10","09:20"),"Volgende stap"),
    ("appointment","/online","Maak een afspraak voor uw rijbewijs",R("Verlengen","Eerste aanvraag"),"Verder"),
    ("appointment","/x","Afspraak met een consulent Werk en Inkomen",N+P+M+text("Waarover wilt u praten?"),"Afspraak aanvragen"),
    ("appointment","/x","Afspraak voor aangifte van geboorte",N+G+DT,"Verzenden"),
    ("appointment","/x","Afspraak huwelijk of partnerschap",N+M+P+DT,"Verstuur"),
    ("appointment","/x","Afspraak Omgevingsloket",N+M+P+text("Omschrijf uw bouwplan"),"Verstuur"),
    ("appointment","/x","Waarvoor wilt u naar het gemeentehuis komen?",R("Paspoort","Rijbewijs","Uittreksel","Inschrijving","Overlijden"),"Volgende"),
    ("appointment","/x","Kies uw product",R("Paspoort of identiteitskaart","Rijbewijs","Verhuizing uit het buitenland","Geboorteaangifte"),"Kies datum en tijd"),
    ("appointment","/en/appointments","What do you need?",R("Passport","Driving licence","Registration","Identity card"),"Continue"),
    ("appointment","/de/termin","Personalausweis oder Reisepass",choice("Standort","Rathaus")+DT,"Weiter"),
    ("appointment","/x","Plan uw bezoek aan de milieustraat",choice("Tijdstip","9:00","9:30")+DT+"<label>Kenteken<input name=kt></label>","Reserveren"),
    ("manage_appointment","/x","Afspraak annuleren","<label>Afspraakcode<input name=c></label>"+M,"Annuleer afspraak"),
    ("manage_appointment","/x","Uw afspraak verzetten of annuleren",G+"<label>Afspraaknummer<input></label>","Zoek mijn afspraak"),
    ("manage_appointment","/en","Cancel or reschedule an appointment","<label>Reference<input name=r></label>","Find"),
    ("manage_appointment","/x","Afspraak bekijken","<label>Referentienummer<input name=r></label>"+M,"Bekijken"),
    ("contact","/x","Contact opnemen met de gemeente",N+M+P+text("Uw bericht"),"Verzend"),
    ("contact","/x","Stel uw vraag via dit formulier",text("Uw vraag")+"<label>Bijlage<input type=file></label>","Volgende"),
    ("contact","/contact","Contactformulier","<p>Wilt u een klacht indienen of een melding doen? Gebruik dan het klachtenformulier of het meldingsformulier. Een afspraak maken kan online.</p>"+N+M+text("Vraag of opmerking"),"Versturen"),
    ("contact","/x","E-mail de burgemeester",N+M+text("Uw bericht aan de burgemeester"),"Verstuur"),
    ("contact","/x","Vraag aan Team Vergunningen",N+M+text("Uw vraag over een vergunning of aanvraag"),"Verstuur"),
    ("contact","/x","Reageren of vragen stellen",N+M+text("Uw vraag of reactie"),"Verstuur"),
    ("contact","/x","Vragen over afval",N+M+A+text("Stel hier uw vraag over afval"),"Verstuur"),
    ("contact","/x","Suggesties en ideeën voor de gemeente",N+M+text("Uw suggestie"),"Verstuur"),
    ("contact","/en","Contact",'<label>Name<input name=a></label><label>Email<input name=b type=email></label><label>Message<textarea></textarea></label>',"Send message"),
    ("contact","/fy/kontakt","Kontakt","<label>Namme<input></label><label>E-mail<input type=email></label><label>Berjocht<textarea></textarea></label>","Ferstjoere"),
    ("contact","/loket/contact","Contact Sociaal Loket",N+P+M+text("Waar kunnen wij u mee helpen?"),"Verstuur"),
    ("contact","/x","Vraag over uw belastingaanslag",N+M+"<label>Aanslagnummer<input></label>"+text("Uw vraag"),"Verstuur"),
    ("contact","/x","Contactformulier Omgevingsvergunning",N+M+P+text("Uw vraag"),"Verstuur"),
    ("callback","/x","Bel me terug",N+P+choice("Voorkeur","Ochtend","Middag"),"Verstuur"),
    ("callback","/contact/bellen","Teruggebeld worden door een medewerker",N+P+text("Onderwerp"),"Versturen"),
    ("callback","/x","Vraag een terugbelafspraak aan",N+P+DT+choice("Tijd","9-12"),"Aanvragen"),
    ("callback","/x","Wanneer mogen we u terugbellen?",N+P+choice("Dag","ma","di"),"Verstuur"),
    ("complaint","/x","Klacht over een medewerker",N+M+A+text("Omschrijf wat er is gebeurd"),"Versturen"),
    ("complaint","/x","Een klacht indienen over de gemeente",N+A+text("Uw klacht"),"Klacht indienen"),
    ("complaint","/x","Formulier klacht ongewenst gedrag",N+M+text("Wat is er gebeurd?"),"Versturen"),
    ("report","/x","Melding doen over de openbare ruimte","<label>Adres<input name=x></label>"+text("Omschrijving")+M,"Versturen"),
    ("report","/x","Geluidsoverlast melden",N+M+text("Beschrijf de overlast"),"Verstuur"),
    ("report","/x","Melding fout in gegevens",N+M+text("Wat klopt er niet?"),"Verstuur melding"),
    ("report","/x","Gevonden voorwerp doorgeven",text("Omschrijving")+M,"Versturen"),
    ("report","/x","Wat wilt u melden?",R("Afval","Verlichting","Groen","Wegen"),"Volgende"),
    ("report","/x","Meld schade aan de weg",text("Wat ziet u?")+P,"Verstuur"),
    ("newsletter","/x","Nieuwsbrief ondernemers",N+M,"Schrijf me in"),
    ("newsletter","/x","Blijf op de hoogte",M,"Aanmelden"),
    ("newsletter","/x","E-mailservice bekendmakingen",M+"<label>Postcode<input name=pc></label>","Aanmelden"),
    ("feedback","/x","Heeft deze pagina u geholpen?",R("Ja","Nee"),"Verzenden"),
    ("feedback","/x","Uw mening over deze website",R("1","2","3")+text("Toelichting"),"Versturen"),
    ("feedback","/x","Klopt er iets niet op deze pagina?",text("Wat klopt er niet?")+M,"Verstuur"),
    ("feedback","/x","Wat kunnen we verbeteren aan deze pagina?",text("Uw opmerking"),"Versturen"),
    ("comment","/nieuws/a","Reacties",N+M+text("Reactie"),"Plaats reactie"),
    ("comment","/blog/a","Geef een reactie",'<label>Reactie<textarea name=comment></textarea></label><label>Naam<input name=author></label><label>E-mail<input name=email></label><label>Site<input name=url></label>',"Reactie plaatsen"),
    ("login","/x","Aanmelden","<label>E-mailadres<input name=u></label><label>Wachtwoord<input type=password></label>","Aanmelden"),
    ("login","/x","Mijn Gemeente","","Inloggen met eHerkenning"),
    ("login","/x","Wachtwoord vergeten?",M,"Nieuw wachtwoord aanvragen"),
    ("product","/x","Omgevingsvergunning aanvragen",N+A+text("Omschrijving werkzaamheden"),"Volgende"),
    ("product","/x","Melding evenement",N+M+P+DT+text("Omschrijving evenement"),"Versturen"),
    ("product","/x","Bezwaarschrift",N+A+text("Gronden van uw bezwaar"),"Indienen"),
    ("product","/x","Verhuizing binnen de gemeente",N+G+A,"Volgende"),
    ("product","/x","Aangifte van overlijden",N+G,"Verder"),
    ("product","/x","Uittreksel burgerlijke stand aanvragen",N+G+A,"Betalen"),
    ("product","/x","Container omruilen",N+A,"Aanvragen"),
    ("product","/x","Inzageverzoek AVG",N+M+text("Welke gegevens wilt u inzien?"),"Versturen"),
    ("product","/x","Woo-verzoek",N+M+text("Omschrijving documenten"),"Verzoek indienen"),
    ("product","/x","Schade melden bij de gemeente (aansprakelijkstelling)",N+M+A+"<label>IBAN<input></label>"+text("Omschrijving schade"),"Versturen"),
    ("product","/x","Bijzondere bijstand",N+"<label>BSN<input></label><label>IBAN<input></label>","Volgende"),
    ("product","/x","Aanvraag Wmo-voorziening",N+G+text("Waarbij heeft u hulp nodig?"),"Verstuur"),
    ("product","/x","Ligplaatsvergunning",N+A,"Versturen"),
    ("product","/x","Doorgeven nieuw rekeningnummer",N+"<label>IBAN<input></label>","Versturen"),
    ("product","/x","Geheimhouding van uw gegevens",N+G,"Versturen"),
    ("other","/x","Aanmelden als vrijwilliger",N+M+P+text("Motivatie"),"Aanmelden"),
    ("other","/x","Denk mee over het nieuwe park",N+M+text("Uw idee"),"Versturen"),
    ("other","/x","Reserveren vergaderzaal",N+M+DT,"Reserveren"),
    ("other","/x","Aanmelden informatiebijeenkomst windpark",N+M+"<label>Aantal personen<input></label>","Aanmelden"),
    ("other","/x","Afvalkalender: vul uw adres in","<label>Postcode<input name=p></label><label>Nr<input name=h></label>","Toon"),
    ("other","/x","Inschrijven cursus EHBO",N+M+P,"Inschrijven"),
    ("other","/x","Quiz over de gemeente",R("A","B","C"),"Verstuur antwoord"),
    ("other","/x","Aanmelden spreekrecht raadsvergadering",N+M+P+"<label>Agendapunt<input></label>","Aanmelden"),
    ("other","/x","Poll: wat vindt u van het plan?",R("Voor","Tegen"),"Stem"),
    ("other","/x","Open sollicitatie",N+M+"<label>CV<input type=file></label>","Solliciteren"),
    ("other","/x","Nomineer een vrijwilliger",N+M+text("Waarom?"),"Verstuur"),
    ("search","/x","Zoeken","<input type=text name=trefwoord>","Zoek"),
    ("search","/vacatures","Vacatures","<label>Functie<input name=functie></label>"+choice("Afdeling","a","b"),"Filter"),
    ("search","/besluiten","Besluitenlijst","<label>Trefwoord<input name=t></label>"+DT,"Zoeken"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "path", "heading", "inside", "button"), MORE, ids=[f"{c[0]}: {c[2]}" for c in MORE])
def test_kind_on_a_page_with_a_search_box(kind: str, path: str, heading: str, inside: str, button: str) -> None:
    method = "get" if kind == "search" else "post"
    html = (
        f"<title>{heading} | Gemeente Voorbeeld</title><header><form action=/zoeken role=search><input name=zoek><button>Zoeken</button></form></header>"
        f"<main><h1>{heading}</h1><form method={method} action='/verwerk'>{inside}<button type=submit>{button}</button></form></main>"
    )
    search, form = read_page(html.encode(), f"https://www.gem.test{path}").forms
    assert search.kind == "search"
    assert form.kind == kind, form.kind_reasons
