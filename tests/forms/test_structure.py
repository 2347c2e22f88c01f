"""What a form offers and asks says what it is for, whatever words are around it: times and places to come to, things broken, yes or no.

The headings are of many towns and say little or something else on purpose: a booking is one by its choices, and an application none by a word.
"""

from __future__ import annotations

import pytest

from gemcrawl.forms import read_page

NAME, MAIL, PHONE, BORN = "Naam", "E-mailadres", "Telefoonnummer", "Geboortedatum"
DAY = "<label>Datum<input type=date name=d></label>"


def ask(*labels: str) -> str:
    return "".join(f"<label>{label}<input name=f{i}></label>" for i, label in enumerate(labels))


def write(*labels: str) -> str:
    return "".join(f"<label>{label}<textarea name=t{i}></textarea></label>" for i, label in enumerate(labels))


def choose(label: str, *options: str) -> str:
    return f"<label>{label}<select name=s{len(label)}>{''.join(f'<option>{option}' for option in options)}</select></label>"


def tick(*options: str) -> str:
    return "".join(f"<label><input type=radio name=r value={i}>{option}</label>" for i, option in enumerate(options))


def press(*texts: str) -> str:
    return "".join(f"<button name=b value={i}>{text}</button>" for i, text in enumerate(texts))


# (kind, path, heading, inside the form, button)
FORMS = [
    ("appointment","/loket/stap-3","Rijbewijs vernieuwen",tick("maandag 7 december, 9.20 uur","maandag 7 december, 10.40 uur","dinsdag 8 december, 13.00 uur"),"Ga verder"),
    ("appointment","/s/2","Wanneer komt het u uit?",choose("Vestiging","Stadskantoor Centrum","Wijkbalie Oost")+choose("Tijd","10:00","10:15"),"Volgende"),
    ("appointment","/regel/id","Identiteitskaart",choose("Wat heeft u nodig?","Paspoort","Identiteitskaart","Rijbewijs")+ask("Voorletters","Achternaam","Mobiel"),"Verder"),
    ("appointment","/huwelijk","Melding voorgenomen huwelijk: kom langs",ask("Naam partner 1","Naam partner 2",PHONE)+choose("Moment","di 8 dec 09:00","do 10 dec 14:30"),"Vastleggen"),
    ("appointment","/naturalisatie","Naturalisatie: intakegesprek",ask(NAME,"V-nummer",MAIL)+choose("Dag","12 januari","14 januari")+choose("Dagdeel","ochtend","middag"),"Gesprek vastleggen"),
    ("appointment","/k","Kalender",'<div role=grid><button type=submit name=d value=2026-12-03>3</button><button name=d value=2026-12-04>4</button><button name=d value=2026-12-07>7</button></div>',""),
    ("appointment","/en/visit","Visiting us",choose("What for?","Passport","Driving licence","Registration")+ask("Surname","Email"),"Hold my place"),
    ("appointment","/en/x","Passports and ID cards",choose("Choose","Mon 7 December 9:40","Mon 7 December 10:20")+ask("Name"),"Reserve"),
    ("appointment","/de/x","Besuch im Rathaus",choose("Anliegen","Reisepass","Personalausweis")+choose("Uhrzeit","9.00 Uhr","9.15 Uhr")+ask("Nachname"),"Buchen"),
    ("appointment","/fy/x","Delkomme by de gemeente",choose("Wêrfoar?","Paspoart","Rydbewiis")+choose("Tiid","10.00 oere","11.00 oere")+ask("Namme"),"Fêstlizze"),
    ("appointment","/x","Inwonersplein",tick("Paspoort of ID-kaart","Rijbewijs","Inschrijven vanuit het buitenland")+tick("1 persoon","2 personen"),"Kies een tijd"),
    ("appointment","/wmo","Gesprek met de Wmo-consulent",ask(NAME,PHONE)+choose("Wanneer?","tussen 9 en 12","tussen 13 en 16"),"Plan in"),
    ("appointment","/x","Energiecoach aan huis",ask(NAME,"Adres",PHONE)+"<label>Voorkeursdatum<input type=date name=d></label>"+choose("Dagdeel","Ochtend","Middag"),"Afspraak aanvragen"),
    ("appointment","/ondernemen","Spreek een bedrijfscontactfunctionaris",ask("Bedrijfsnaam",NAME,MAIL)+"<label>Gewenste datum<input type=date name=d></label><label>Tijdstip<input type=time name=t></label>","Inplannen"),
    ("appointment","/x","Uw reisdocument ophalen",tick("09:00","09:10","09:20","09:30"),"Bevestig dit tijdstip"),
    ("appointment","/x","Ophalen rijbewijs",press("ma 7 dec 9.00","ma 7 dec 9.10","di 8 dec 9.00"),""),
    ("appointment","/x","Stap 1 van 4",tick("Paspoort","ID-kaart","Rijbewijs","VOG"),"Volgende"),
    ("appointment","/x","Stap 2 van 4: waar?",tick("Gemeentehuis Dorpsplein","Servicepunt Noord"),"Naar datum en tijd"),
    ("appointment","/afhalen","Vooraf een tijd kiezen",ask(NAME)+choose("Tijd","8.30 - 9.00","9.00 - 9.30"),"Deze tijd graag"),
    ("appointment","/x","Loket Jeugd: inplannen van een kennismaking",ask("Naam ouder",PHONE)+choose("Wanneer","wo 9 dec 10:00 uur","wo 9 dec 11:00 uur"),"Dit moment kiezen"),
    ("other","/x","Vergaderruimte in het dorpshuis huren",ask(NAME,MAIL)+"<label>Datum<input type=date></label>"+choose("Dagdeel","ochtend","middag","avond"),"Reserveren"),
    ("other","/x","Inloopavond centrumplan: kom langs",ask(NAME,MAIL)+tick("dinsdag 8 december 19.00 uur","woensdag 9 december 19.30 uur"),"Ik kom"),
    ("other","/x","Aanmelden rondleiding raadhuis",ask(NAME,MAIL)+choose("Datum","12 december 10.00","19 december 14.00"),"Aanmelden"),
    ("other","/x","Tennisbaan reserveren",ask(NAME)+choose("Tijd","18.00","19.00"),"Boek"),
    ("other","/x","Tickets museum",ask(NAME,MAIL)+choose("Aankomst","10.00","11.00")+"<label>Aantal<input type=number></label>","Bestellen"),
    ("other","/x","Inschrijven zwemles",ask("Naam kind",MAIL)+choose("Tijd","16.00","16.45"),"Inschrijven"),
    ("other","/x","Stembureaulid worden",ask(NAME,MAIL,PHONE)+tick("Ochtend","Middag"),"Aanmelden"),
    ("manage_appointment","/x","Afspraak verzetten",ask("Afspraakcode",MAIL)+choose("Nieuwe tijd","9.00","10.00"),"Wijzigen"),
    ("callback","/x","Terugbelverzoek",ask(NAME,PHONE)+choose("Wanneer mogen we bellen?","9.00 - 12.00","13.00 - 17.00"),"Bel mij"),
    ("report","/x","Overlast van een evenement",ask("Waar?",MAIL)+"<label>Datum<input type=date></label><label>Tijd<input type=time></label>"+write("Wat merkte u?"),"Doorgeven"),
    ("report","/x","Container is niet leeggemaakt",ask("Postcode","Huisnummer",MAIL)+choose("Soort","Papier","GFT"),"Doorgeven"),
    ("report","/x","Lantaarn doet het niet",ask("Nummer van de paal",MAIL),"Verstuur"),
    ("report","/x","Iets stuk of vies op straat?",write("Wat ziet u?")+ask("Locatie"),"Stuur door"),
    ("report","/x","Dode vogel gevonden",ask("Waar?",PHONE)+write("Omschrijving"),"Doorgeven"),
    ("report","/x","Fiets kwijt of gevonden",write("Omschrijving fiets")+ask(NAME,PHONE),"Versturen"),
    ("report","/en/x","Something broken in your street?",write("What is wrong?")+ask("Where","Email"),"Send"),
    ("report","/x","Onveilige situatie in het verkeer",write("Beschrijf de situatie")+ask("Locatie",MAIL),"Melden"),
    ("product","/x","Vermissing paspoort aangeven",ask(NAME,BORN,"Documentnummer")+tick("Paspoort","Identiteitskaart","Rijbewijs"),"Versturen"),
    ("product","/x","Uittreksel uit de basisregistratie",tick("Uittreksel BRP","Bewijs van in leven zijn")+ask(NAME,"BSN","Adres"),"Bestellen"),
    ("product","/x","Afschrift van een akte",tick("Geboorteakte","Huwelijksakte","Overlijdensakte")+ask(NAME,BORN),"Bestellen"),
    ("product","/x","Evenement melden",ask("Naam evenement",NAME,MAIL)+"<label>Begindatum<input type=date></label><label>Begintijd<input type=time></label>","Versturen"),
    ("product","/x","Terrasvergunning",ask("Bedrijfsnaam","KvK-nummer","Adres")+"<input type=file name=x>","Aanvragen"),
    ("product","/x","Schade door werkzaamheden verhalen",ask(NAME,"Adres","IBAN")+write("Wat is er gebeurd?"),"Indienen"),
    ("product","/x","Parkeerkaart voor bezoek",ask(NAME,"Kenteken","Postcode"),"Aanvragen"),
    ("contact","/x","Schrijf ons",write("Waarover gaat het?")+ask(NAME,MAIL),"Verzenden"),
    ("contact","/x","Hulp nodig?",ask(NAME,MAIL,PHONE)+write("Waarmee kunnen we helpen?"),"Stuur"),
    ("contact","/x","Contact",choose("Onderwerp","Paspoort","Rijbewijs","Verhuizing")+ask(NAME,MAIL)+write("Vraag"),"Versturen"),
    ("contact","/x","Neem contact op met een balie",choose("Vestiging","Stadskantoor","Wijkbalie Oost")+ask(NAME,MAIL)+write("Uw vraag"),"Versturen"),
    ("contact","/reageren","Reageren",ask(NAME,MAIL,PHONE)+write("Uw vraag of reactie"),"Versturen"),
    ("contact","/en/x","Write to the council",write("Message")+ask("Name","Email address"),"Send"),
    ("contact","/x","Iets vragen over uw paspoort",write("Uw vraag")+ask(NAME,MAIL),"Stel vraag"),
    ("newsletter","/x","Afmelden wijknieuws",ask(MAIL),"Afmelden"),
    ("newsletter","/x","Gemeentenieuws in uw inbox",ask(MAIL),"Ja, graag"),
    ("comment","/nieuws/x","Reageer op dit artikel",ask("Uw naam",MAIL)+write("Reactie"),"Plaatsen"),
    ("search","/x","Afspraken in de openbare agenda","<input type=search name=q>","Zoek"),
    ("appointment","/dienst/14","Wij ontvangen u graag",tick("do 10 december om 14.15","vr 11 december om 9.45")+ask("Uw naam"),"Akkoord"),
    ("appointment","/x","Digitaal loket - moment",choose("Kies","09:05","09:20","09:35"),"Door"),
    ("appointment","/x","Welke zaken wilt u regelen?",choose("Product","Rijbewijs","Reisdocument")+choose("Aantal","1","2"),"Verder"),
    ("appointment","/x","Kinderpaspoort",choose("Bij welke balie?","Raadhuis","Dorpspunt")+choose("Wanneer?","wo 9 dec. 15:30 uur"),"Ok"),
    ("appointment","/x","Burgemeester spreken",ask(NAME,PHONE)+choose("Moment","16 december, 16.00 - 16.20"),"Aanvragen"),
    ("appointment","/x","Schuldhulp: eerste gesprek",ask(NAME,PHONE)+tick("Maandagochtend","Dinsdagmiddag")+"<label>Datum<input type=date></label>","Gesprek plannen"),
    ("appointment","/x","Bouwplan bespreken met de vakspecialist",ask(NAME,MAIL)+write("Waar gaat uw plan over?")+"<label>Voorkeursdatum<input type=date></label>"+choose("Tijd","9.00","10.00"),"Reserveer overleg"),
    ("appointment","/de/x","Ausweis abholen",choose("Termin","Mo 7. Dezember 10:15 Uhr","Di 8. Dezember 11:00 Uhr")+ask("Name"),"Weiter"),
    ("appointment","/en/x","Collect your residence document",tick("9:30 am","10:30 am")+ask("Full name"),"Confirm"),
    ("appointment","/fy/x","Paspoart ophelje",choose("Dei en tiid","moandei 7 desimber 9.30","tiisdei 8 desimber 10.00")+ask("Namme"),"Fierder"),
    ("appointment","/x","Agenda",'<table><tr><td><input type=submit name=d value="7 december"><td><input type=submit name=d value="8 december"><td><input type=submit name=d value="9 december"></table>',""),
    ("appointment","/x","Loket Dorpsstraat","<label>Met wie?<select name=w><option>Burgerzaken<option>Werk en inkomen</select></label><label>Datum<input type=date></label><label>Tijd<input type=time></label>"+ask(NAME,MAIL),"Vastleggen"),
    ("appointment","/x","Gehandicaptenparkeerkaart: medische keuring",ask(NAME,BORN,PHONE)+choose("Moment","10-12-2026 09:00","11-12-2026 10:00"),"Inplannen"),
    ("appointment","/x","Paspoort? Kom naar het gemeentehuis op tijd",choose("Tijd","8.30","8.40")+ask("Voornaam","Achternaam"),"Vrijhouden"),
    ("product","/x","Urgentie voor een woning",ask(NAME,"BSN","Adres")+write("Toelichting"),"Versturen"),
    ("product","/x","Hond aangifte doen",ask(NAME,"Adres","Ras van de hond"),"Versturen"),
    ("product","/x","Afvalpas kwijt",ask(NAME,"Postcode","Huisnummer"),"Nieuwe pas"),
    ("product","/x","Bezwaar tegen een boete",ask(NAME,"Adres","Kenmerk")+write("Waarom bent u het er niet mee eens?"),"Indienen"),
    ("product","/x","Woning splitsen",ask(NAME,"Adres","KvK")+"<input type=file>","Vergunning aanvragen"),
    ("product","/x","Grofvuil aanmelden",ask("Postcode","Huisnummer",MAIL)+write("Wat biedt u aan?")+choose("Ophaaldag","8 december","15 december"),"Aanmelden"),
    ("product","/x","Subsidie buurtinitiatief",ask("Naam stichting","IBAN",MAIL)+write("Omschrijving"),"Indienen"),
    ("product","/en/x","Register a change of address",ask("Name","Date of birth","New address"),"Submit"),
    ("product","/x","Huwelijk melden",ask("Naam partner 1","Naam partner 2","Huwelijksdatum"),"Versturen"),
    ("report","/x","Boom omgevallen",ask("Waar staat de boom?",MAIL),"Doorgeven"),
    ("report","/x","Afval naast de container",write("Wat ligt er?")+ask("Locatie"),"Verstuur"),
    ("report","/x","Stoep ligt scheef",ask("Straat en huisnummer",MAIL)+'<input type=file name=f>',"Verstuur"),
    ("report","/x","Ik wil een probleem doorgeven",write("Wat is het probleem?")+ask("Waar?",PHONE),"Versturen"),
    ("report","/x","Verkeerslicht defect",ask("Kruispunt","Uw e-mail"),"Doorgeven"),
    ("report","/x","Ongedierte",write("Wat ziet u?")+ask("Adres",PHONE),"Meld"),
    ("report","/de/x","Schaden auf der Strasse",write("Was ist kaputt?")+ask("Wo?"),"Melden"),
    ("report","/fy/x","Der is wat stikken",write("Wat is der stikken?")+ask("Wêr?"),"Trochjaan"),
    ("report","/x","Milieuklacht: stank of lawaai",write("Wat merkt u?")+ask("Waar?",PHONE),"Doorgeven"),
    ("complaint","/x","Niet goed geholpen?",write("Wat ging er mis?")+ask(NAME,"Adres"),"Klacht versturen"),
    ("callback","/x","Liever bellen?",ask(NAME,PHONE)+choose("Wanneer","Ochtend","Middag"),"Bel mij"),
    ("callback","/x","Wij bellen u",ask("Uw nummer"),"Bel mij nu"),
    ("contact","/x","Mail het wijkteam",ask(NAME,MAIL)+write("Bericht"),"Stuur"),
    ("contact","/x","Vragen over uw uitkering?",ask(NAME,MAIL,"BSN")+write("Uw vraag"),"Verstuur"),
    ("contact","/x","Berichtenbox",write("Typ hier uw bericht")+ask("Van","E-mail"),"Verzend"),
    ("contact","/x","Kan de gemeente iets voor u betekenen?",write("Vertel het ons")+ask(NAME,PHONE),"Verstuur"),
    ("contact","/de/x","Schreiben Sie der Gemeinde",write("Nachricht")+ask("Name","E-Mail"),"Absenden"),
    ("contact","/fy/x","Skriuw ús",write("Jo berjocht")+ask("Namme","E-post"),"Ferstjoere"),
    ("contact","/x","Contact met de afdeling Vergunningen",write("Vraag over uw vergunning")+ask(NAME,MAIL),"Verzenden"),
    ("contact","/contact","Bereikbaarheid en contact",choose("Onderwerp","Afspraak","Belasting","Overig")+ask(NAME,MAIL)+write("Bericht"),"Versturen"),
    ("other","/x","Kies uw lesmoment fietsles voor ouderen",ask(NAME)+tick("9.30","10.30"),"Inschrijven"),
    ("other","/x","Burgerinitiatief ondersteunen",ask(NAME,MAIL,"Adres"),"Ondertekenen"),
    ("other","/x","Bereken uw leges",choose("Product","Paspoort","Rijbewijs")+choose("Leeftijd","jonger dan 18","18 of ouder"),"Bereken"),
    ("other","/x","Sportpark: veld huren",ask("Vereniging",MAIL)+"<label>Datum<input type=date></label>"+choose("Tijd","18.00","19.00"),"Huren"),
    ("other","/x","Wanneer is de milieustraat open?",choose("Dag","maandag","dinsdag"),"Toon"),
    ("manage_appointment","/x","Toch niet komen?",ask("Afspraaknummer",MAIL),"Annuleer"),
    ("login","/x","Mijn loket",ask("Gebruikersnaam")+"<input type=password>","Inloggen"),
    ("search","/x","Vind uw afspraak of product","<input type=text name=zoekwoord>","Zoek"),
    ("search","/x","Bekendmakingen",choose("Soort","Vergunning","Verkeer")+"<label>Van<input type=date name=v></label>","Filter"),
    ("newsletter","/x","Bekendmakingen per mail",ask(MAIL,"Postcode"),"Abonneer"),
    ("newsletter","/x","Geen wijkbericht meer ontvangen",ask(MAIL),"Schrijf mij uit"),
    ("comment","/blog/1","Weblog van de wethouder",write("Wat vindt u?")+ask("Naam"),"Plaats bericht"),
    ("product","/x","Ontheffing geluid",ask(NAME,"KvK-nummer","Adres")+"<label>Datum<input type=date></label>"+choose("Van","00:00","01:00","10:00")+choose("Tot","23:00"),"Indienen"),
    ("product","/x","Parkeerontheffing dagkaart",ask("Kenteken",NAME)+"<label>Ingangsdatum<input type=date></label>","Betalen"),
    ("product","/x","Paspoort met spoed: machtiging",ask(NAME,BORN,"Documentnummer")+"<label>Handtekening<input></label>","Versturen"),
    ("product","/x","Geboorteakte opvragen",choose("Akte","Geboorteakte","Huwelijksakte")+ask(NAME,BORN)+choose("Afhalen of thuis?","Afhalen op het gemeentehuis","Per post"),"Bestellen"),
    ("product","/x","Verhuizen binnen de gemeente",ask(NAME,BORN,"Nieuw adres")+"<label>Verhuisdatum<input type=date></label>","Verder"),
    ("product","/x","Aanvraag leerlingenvervoer",ask("Naam kind","Geboortedatum kind","School")+choose("Begintijd school","8.30","8.45"),"Aanvragen"),
    ("product","/x","Melding asbest verwijderen",ask("Adres",NAME)+"<label>Startdatum<input type=date></label>","Indienen"),
    ("other","/x","Spreektijd bij de raadsvergadering van 10 december",ask(NAME,MAIL)+write("Onderwerp"),"Inspreken aanmelden"),
    ("other","/x","Aanmelden bewonersavond 9 december 19.30 uur",ask(NAME,MAIL,"Aantal personen"),"Aanmelden"),
    ("other","/x","Collectebus: wie loopt mee?",ask(NAME,PHONE)+tick("maandag 7 december","dinsdag 8 december"),"Doe mee"),
    ("other","/x","Zelf berekenen: wat kost mijn paspoort",choose("Document","Paspoort","Identiteitskaart","Rijbewijs")+choose("Leeftijd","0-17","18+"),"Bereken kosten"),
    ("other","/x","Openingstijden opzoeken",choose("Locatie","Stadskantoor","Wijkbalie"),"Toon openingstijden"),
    ("other","/x","Sporthal De Kuip: uren",ask("Vereniging",MAIL)+choose("Uur","18.00 uur","19.00 uur"),"Reserveer zaal"),
    ("other","/x","Vrijwilligersdag: kies een klus",ask(NAME)+choose("Tijdstip","9.30 uur","13.30 uur"),"Aanmelden"),
    ("other","/x","Kies het ontwerp",tick("Ontwerp A","Ontwerp B")+write("Waarom?"),"Stem"),
    ("other","/x","Wilt u een zonnepaneel? Inwoners-enquête",tick("Ja","Nee")+write("Toelichting"),"Verstuur enquête"),
    ("other","/x","Kandidaat voor een lintje voordragen",ask("Naam kandidaat",NAME,MAIL)+write("Motivatie"),"Voordragen"),
    ("search","/x","Raadsvergaderingen","<label>Zoekterm<input name=q></label>"+choose("Datum","10 december 2026","17 december 2026"),"Zoeken"),
    ("search","/x","Vergunningen zoeken","<label>Straat<input name=straat></label>"+choose("Soort","Kap","Bouw"),"Zoek"),
    ("report","/x","Schade aan uw auto door een gat in de weg? Meld het gat",ask("Waar?",MAIL)+write("Omschrijving"),"Meld"),
    ("report","/x","Vuilnis",tick("Zak naast container","Container vol","Dumping")+ask("Waar?"),"Volgende"),
    ("report","/x","Verloren voorwerp",write("Omschrijving")+ask("Waar verloren?",NAME,PHONE),"Verstuur"),
    ("report","/en/x","Lost your keys?",write("Describe the item")+ask("Where did you lose it?","Name","Phone"),"Report lost item"),
    ("report","/x","Wateroverlast",ask("Adres",PHONE)+write("Wat is er aan de hand?"),"Verstuur"),
    ("complaint","/x","Uw ongenoegen over onze dienstverlening",write("Wat ging er niet goed?")+ask(NAME,"Adres",PHONE),"Verstuur klacht"),
    ("callback","/x","Laat u bellen door het ondernemersloket",ask(NAME,"Bedrijf",PHONE)+tick("Ochtend","Middag"),"Verstuur"),
    ("contact","/x","Contactformulier",choose("Locatie","Gemeentehuis","Werf")+ask(NAME,MAIL)+write("Uw bericht"),"Verstuur"),
    ("contact","/x","Vraag over een afspraak",ask(NAME,MAIL)+write("Uw vraag"),"Verstuur"),
    ("contact","/x","Wethouder Jansen: stuur een bericht",ask(NAME,MAIL)+write("Bericht"),"Verzend"),
    ("contact","/x","Vraag het de gemeente",tick("Wonen","Werk","Zorg")+write("Vraag")+ask(MAIL),"Stel je vraag"),
    ("contact","/x","Heeft u een vraag? Wij antwoorden binnen 2 dagen",ask(NAME,MAIL,PHONE,"Adres","Woonplaats")+write("Vraag"),"Verzend"),
    ("contact","/x","E-mail aan burgerzaken",ask("Afzender","Onderwerp")+write("Tekst"),"Verstuur e-mail"),
    ("manage_appointment","/x","Uw reservering",ask("Reserveringsnummer","Geboortedatum"),"Bekijk of annuleer"),
    ("manage_appointment","/en/x","Change your slot",ask("Booking reference","Email"),"Find booking"),
    ("appointment","/x","Speeddate met een ambtenaar: ondernemersspreekuur",ask(NAME,"Bedrijf",MAIL)+tick("10.00","10.20","10.40"),"Reserveer"),
    ("appointment","/x","Eerste inschrijving vanuit het buitenland",ask("Name","Nationality")+choose("Tijdvak","do 10 dec 13:00","do 10 dec 13:30"),"Bevestig"),
    ("appointment","/x","Meekomen en tijd",tick("1 persoon","2 personen","3 personen")+choose("Tijd","11:10","11:20"),"Verder"),
    ("appointment","/x","Wanneer komt u uw paspoort halen?",choose("Dag","ma 7 dec","di 8 dec","wo 9 dec"),"Verder"),
    ("appointment","/x","Trouwambtenaar ontmoeten",ask("Uw namen",PHONE)+"<label>Voorkeursdag<input name=vd></label>"+choose("Dagdeel","overdag","'s avonds"),"Ontmoeting aanvragen"),
    ("login","/x","Mijn afspraken",ask("Gebruikersnaam")+"<input type=password>","Inloggen"),
    ("product","/x","Inschrijven als woningzoekende",ask(NAME,BORN,"Adres",MAIL),"Inschrijven"),
    ("product","/x","Kapvergunning",ask(NAME,"Locatie van de boom",MAIL)+'<input type=file name=x>',"Aanvragen"),
    ("newsletter","/x","Wijkkrant digitaal",ask(NAME,MAIL),"Stuur mij de krant"),
    ("other","/x","Boomplantdag",ask(NAME,MAIL)+choose("Tijd","10.00 uur","13.00 uur"),"Versturen"),
    ("other","/x","Repair café",ask(NAME,MAIL)+tick("11.00","12.00"),"Verstuur"),
    ("other","/x","Fietstocht met de wethouder",ask(NAME,MAIL)+choose("Datum","12 mei","19 mei"),"Verzenden"),
    ("contact","/x","Stel uw vraag",ask(NAME,MAIL,PHONE)+write("Uw vraag")+choose("Wanneer kunnen wij u bellen?","9.00-12.00","13.00-17.00"),"Versturen"),
    ("contact","/x","Vraag aan burgerzaken",choose("Waarover?","Paspoort","Rijbewijs","Uittreksel","Verhuizing")+write("Uw vraag")+ask(NAME,MAIL),"Stuur vraag"),
    ("product","/x","Afvalcontainer omruilen",ask("Postcode","Huisnummer",NAME)+choose("Bezorgdag","7 december","14 december"),"Aanvragen"),
    ("product","/x","Trouwen: locatie en datum doorgeven",ask("Naam partner 1","Naam partner 2","Geboortedatum partner 1")+"<label>Datum huwelijk<input type=date></label>"+choose("Trouwlocatie","Gemeentehuis","Kasteel"),"Doorgeven"),
    ("product","/x","Subsidie aanvragen",tick("Ja, ik ben rechtspersoon","Nee"),"Volgende"),
    ("product","/x","Standplaats aanvragen",ask(NAME,"Locatie","KvK")+write("Wat verkoopt u?"),"Aanvragen"),
    ("other","/x","Wensboom: waar wilt u een boom?",ask("Waar?",NAME)+write("Waarom hier?"),"Insturen"),
    ("complaint","/x","Klacht over afvalinzameling",ask("Waar?",NAME,"Adres")+write("Uw klacht"),"Klacht indienen"),
    ("appointment","/afspraak","Hebt u al een afspraak?",press("Ja, wijzigen","Nee, nieuwe afspraak maken"),""),
    ("appointment","/fy/x","Besykje it gemeentehûs",choose("Wat wolle jo regelje?","Paspoart","Berteoanjefte")+ask("Namme","Tillefoan")+choose("Wannear?","moandei 7 desimber 10.00"),"Reservearje"),
    ("contact","/fy/x","Wy helpe jo graach",ask("Namme","E-mail")+write("Jo fraach"),"Stjoer"),
    ("contact","/fy/x","Berjocht oan de gemeente",ask("Namme","Adres")+write("Berjocht"),"Ferstjoere"),
    ("complaint","/fy/x","Net tefreden?",ask("Namme","Adres")+write("Jo klacht"),"Yntsjinje"),
    ("report","/fy/x","Lantearne stikken",ask("Wêr stiet de lantearne?")+write("Wat is der oan de hân?"),"Melde"),
    ("product","/fy/x","Uttreksel oanfreegje",ask("Namme","Bertedatum","BSN"),"Bestelle"),
    ("newsletter","/fy/x","Nijs út jo doarp",ask("E-mailadres"),"Oanmelde"),
    ("appointment","/en/x","Meet the civil registrar",ask("Name","Email")+choose("Slot","14 January 10:00","14 January 11:00"),"Confirm"),
    ("appointment","/en/x","When would you like to come in?",'<label>Date<input type=date></label>'+choose("Time","09:00","09:30"),"Continue"),
    ("contact","/en/x","Talk to us",ask("Your name","Email")+write("What would you like to know?"),"Send"),
    ("contact","/en/x","Questions for the municipality",ask("Name","Phone","Email")+write("Comments"),"Submit"),
    ("complaint","/en/x","Unhappy with our service?",ask("Name","Address")+write("Tell us what went wrong"),"Submit complaint"),
    ("report","/en/x","Pothole",ask("Street","Email")+write("Description"),"Report"),
    ("report","/en/x","Fly-tipping or litter",write("What have you seen?")+ask("Where?"),"Submit"),
    ("product","/en/x","Parking permit for residents",ask("Name","Licence plate","Postcode"),"Apply"),
    ("product","/en/x","Deregister when leaving the Netherlands",ask("Name","Date of birth","New address abroad"),"Submit"),
    ("manage_appointment","/en/x","Cannot make it?",ask("Appointment number","Email"),"Cancel my visit"),
    ("callback","/en/x","Shall we call you?",ask("Name","Phone number"),"Call me"),
    ("newsletter","/en/x","Monthly update",ask("Email"),"Keep me posted"),
    ("other","/en/x","Welcome evening for new residents",ask("Name","Email","Number of guests"),"Sign up"),
    ("other","/en/x","Waste calendar",ask("Postcode","House number"),"Show dates"),
    ("appointment","/de/x","Pass beantragen im Bürgerbüro",choose("Uhrzeit","9:00","9:20")+ask("Vorname","Nachname","Geburtsdatum"),"Reservieren"),
    ("appointment","/de/x","Wann möchten Sie kommen?",tick("Mo 07.12.2026 09:00","Di 08.12.2026 10:00"),"Weiter"),
    ("contact","/de/x","Ihre Fragen",ask("Name","E-Mail")+write("Frage"),"Senden"),
    ("complaint","/de/x","Beschwerde",ask("Name","Anschrift")+write("Was ist passiert?"),"Absenden"),
    ("report","/de/x","Strassenlaterne defekt",ask("Wo?","Telefon")+write("Beschreibung"),"Melden"),
    ("product","/de/x","Umzug melden",ask("Name","Geburtsdatum","Neue Adresse"),"Absenden"),
    ("newsletter","/de/x","Neues aus dem Rathaus",ask("E-Mail"),"Abonnieren"),
    ("login","/de/x","Anmelden",ask("Benutzername")+"<input type=password>","Anmelden"),
    ("search","/en/x","Find a service","<input name=q>","Go"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "path", "heading", "inside", "button"), FORMS, ids=[f"{form[0]}: {form[2]}" for form in FORMS])
def test_what_a_form_offers_and_asks(kind: str, path: str, heading: str, inside: str, button: str) -> None:
    method = "get" if kind == "search" else "post"
    html = (
        f"<title>{heading} | Gemeente Voorbeeld</title><main><h1>{heading}</h1>"
        f"<form method={method} action=/verwerk>{inside}{f'<button>{button}</button>' if button else ''}</form></main>"
    )
    (form,) = read_page(html.encode(), f"https://www.gem.test{path}").forms
    assert form.kind == kind, form.kind_reasons


# (kind, a small form that stands on a page about a passport)
BESIDE = [
    ("feedback",'<form method=post><p>Hebt u iets aan deze pagina?</p><button name=v value=1>Ja</button><button name=v value=0>Nee</button></form>'),
    ("feedback",'<form method=post><span>Kon u hiermee verder?</span><label><input type=radio name=v>Ja</label><label><input type=radio name=v>Nee</label><textarea name=o aria-label="Waarom niet?"></textarea><button>Verstuur</button></form>'),
    ("feedback",'<form method=post>Is de tekst op deze pagina duidelijk? <button aria-label="Duim omhoog">👍</button><button aria-label="Duim omlaag">👎</button></form>'),
    ("feedback",'<form method=post><h3>Wat kan er beter?</h3><textarea name=x></textarea><button>Insturen</button></form>'),
    ("feedback",'<form method=post><p>Hoe beoordeelt u onze website?</p><select name=c><option>1<option>2<option>3</select><button>OK</button></form>'),
    ("feedback",'<form method=post><p>How useful was this page?</p><label><input type=radio name=r>Very</label><label><input type=radio name=r>Not</label><button>Send</button></form>'),
    ("feedback",'<form method=post><p>Wiene dit de goede ynformaasje?</p><button name=a>Ja</button><button name=a>Nee</button></form>'),
    ("newsletter",'<form method=post><p>Wilt u het laatste nieuws wekelijks per e-mail?</p><input type=email name=e placeholder="E-mail"><button>Stuur mij het nieuws</button></form>'),
    ("feedback",'<form method=post><fieldset><legend>Beoordeel deze uitleg</legend><label><input type=radio name=s>1</label><label><input type=radio name=s>2</label><label><input type=radio name=s>3</label></fieldset><button>Verstuur</button></form>'),
    ("feedback",'<form method=post><p>Geholpen?</p><button name=v value=y>Ja, dank u</button><button name=v>Nee, niet echt</button></form>'),
    ("feedback",'<form method=post><label>Wat mist u hier?<textarea name=x></textarea></label><button>Stuur tip</button></form>'),
    ("feedback",'<form method=post><p>Hat Ihnen diese Seite geholfen?</p><button>Ja</button><button>Nein</button></form>'),
    ("feedback",'<form method=post><p>Begrijpelijk?</p><button aria-label="ja">👍</button><button aria-label="nee">👎</button><input type=hidden name=p></form>'),
    ("feedback",'<form method=post class="survey"><p>Hoe was uw bezoek aan onze site?</p><label><input type=radio name=s>Goed</label><label><input type=radio name=s>Matig</label><textarea aria-label=Toelichting></textarea><button>Verstuur</button></form>'),
    ("other",'<form method=post action=/cookies><p>Wij gebruiken cookies.</p><button name=c>Ja, akkoord</button><button name=c>Nee, bedankt</button></form>'),
    ("search",'<form action=/zoek><p>Zoek in de veelgestelde vragen</p><input name=zoek><button>Ga</button></form>'),
    ("feedback",'<form method=post><p>Werkt deze pagina voor u?</p><label><input type=radio name=r>Ja</label><label><input type=radio name=r>Nee</label><input name=mail placeholder="Uw e-mail"><button>Verstuur</button></form>'),
    ("feedback",'<div class="x"><h4>Was dit wat u zocht?</h4><form method=post><button>Ja</button><button>Nee</button></form></div>'),
    ("login",'<form method=post action=/login><p>Al een account?</p><input name=user><input type=password name=p><button>Log in</button></form>'),
    ("newsletter",'<form method=post><strong>Nooit meer iets missen?</strong><input type=email name=e placeholder="Uw e-mailadres"><button>Schrijf mij in</button></form>'),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "widget"), BESIDE, ids=[f"{kind} {i}" for i, (kind, _) in enumerate(BESIDE)])
def test_a_small_form_is_what_it_says_and_not_what_the_page_is_about(kind: str, widget: str) -> None:
    html = (
        f"<title>Paspoort aanvragen | Gemeente</title><main><h1>Paspoort aanvragen</h1><p>Kom langs.</p><section>{widget}</section></main>"
    )
    (form,) = read_page(html.encode(), "https://www.gem.test/paspoort-aanvragen").forms
    assert form.kind == kind, form.kind_reasons


def test_a_question_of_yes_or_no_within_a_booking_is_a_step_of_it() -> None:
    html = f"<title>Afspraak</title><main><h1>Afspraak maken</h1><form method=post><p>Bent u slechthorend?</p>{tick('Ja', 'Nee')}<button>Volgende</button></form></main>"
    (form,) = read_page(html.encode(), "https://www.gem.test/afspraak").forms
    assert form.kind == "appointment"


def test_a_slot_outweighs_the_act_that_it_is_for_and_not_another_thing_booked() -> None:
    slots = choose("Moment", "di 8 dec 9.00", "di 8 dec 9.30") + ask(NAME, PHONE)
    for heading, kind in (
        ("Aangifte doen van een geboorte", "appointment"),
        ("Zwembad: banen zwemmen", "other"),
        ("Afspraak annuleren", "manage_appointment"),
    ):
        html = f"<title>{heading}</title><main><h1>{heading}</h1><form method=post>{slots}<button>Boek</button></form></main>"
        (form,) = read_page(html.encode(), "https://www.gem.test/x").forms
        assert form.kind == kind, form.kind_reasons


def test_a_form_around_the_whole_page_is_not_what_its_menu_says() -> None:
    menu = "".join(
        f"<li><a href=/{word}>{word} afspraak maken</a>" for word in ("paspoort", "rijbewijs", "verhuizing", "uittreksel", "trouwen") * 3
    )
    html = f"<form id=aspnetForm method=post action=x.aspx><input name=ctl00$txtZoek title=Zoek><input type=submit value=Zoek><ul>{menu}</ul><h1>Privacy</h1><p>Bij een afspraak vragen wij uw naam.</p></form>"
    (form,) = read_page(html.encode(), "https://www.gem.test/privacy").forms
    assert form.kind == "search"


def test_what_a_question_is_about_is_no_place() -> None:
    html = f"<title>Stel uw vraag</title><main><h1>Stel uw vraag</h1><form method=post>{ask('Waar gaat uw vraag over?', NAME, MAIL)}{write('Toelichting')}<button>Versturen</button></form></main>"
    (form,) = read_page(html.encode(), "https://www.gem.test/x").forms
    assert form.kind == "contact"
    assert "a question and who asks it (+3.5)" in form.kind_reasons


PAGES = [("/afspraak-maken", "Afspraak maken"), ("/contact", "Contact")]
A_DAY = "<label>Kies een datum<input type=date></label>"
HELPS = [
    A_DAY + "<button type=button>Toon openingstijden</button>",
    choose("Actuele wachttijd", "Gemeentehuis", "Servicepunt") + "<button type=button>Toon</button>",
    choose("Kies een afdeling", "Burgerzaken", "Belastingen") + "<button type=button>Toon telefoonnummer</button>",
    choose("Product", "Paspoort", "Rijbewijs") + "<label>Spoed<input type=checkbox></label><button type=button>Bereken de kosten</button>",
    "<label>Leeftijd<input type=number></label><button type=button>Bereken de kosten</button>",
]
STEPS = [
    choose("Waarvoor komt u?", "Paspoort", "Rijbewijs") + "<button type=button>Verder</button>",
    choose("Locatie", "Gemeentehuis", "Servicepunt")
    + "<label>Datum<input type=date></label><button type=button>Bekijk beschikbaarheid</button>",
    choose("Product", "Paspoort", "Rijbewijs") + A_DAY + "<button type=button>Kies een tijd</button>",
]


@pytest.mark.parametrize(("path", "title"), PAGES)
@pytest.mark.parametrize("inside", HELPS)
def test_a_help_beside_the_text_is_not_what_the_page_is_about(inside: str, path: str, title: str) -> None:
    """Fields in no form element that ask nothing personal: their own words say what they are for."""
    html = f"<title>{title}</title><main><h1>{title}</h1><p>Bel 14 030.</p><div>{inside}</div></main>"
    assert not [
        form.kind_reasons
        for form in read_page(html.encode(), f"https://www.gem.test{path}").forms
        if form.kind in {"appointment", "contact"}
    ]


@pytest.mark.parametrize("inside", STEPS)
def test_a_first_step_without_a_form_element_stays_one(inside: str) -> None:
    html = f"<title>Afspraak maken</title><main><h1>Afspraak maken</h1><div>{inside}</div></main>"
    (form,) = read_page(html.encode(), "https://www.gem.test/afspraak-maken").forms
    assert form.kind == "appointment", form.kind_reasons
