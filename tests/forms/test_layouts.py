"""Ways in which pages lay out forms, and what must be seen all the same: kind and personal data per form, in document order."""

from __future__ import annotations

import pytest

from gemcrawl.forms import read_page

# (why, address, markup, [(kind, personal data)])
LAYOUTS = [
    ('ASP.NET: one form around the whole page', 'https://www.g.test/contact.aspx', '<title>Contactformulier</title><body><form id=aspnetForm method=post action=contact.aspx><input type=hidden name=__VIEWSTATE><header><input name=ctl00$ctl00$txtZoeken title=Zoeken><input type=submit name=ctl00$btnZoek value=Zoeken></header><main><h1>Contactformulier</h1><table><tr><td><span id=l>Naam</span></td><td><input name=ctl00$Main$txtNaam></td></tr><tr><td>E-mail:</td><td><input name=ctl00$Main$txtEmail></td></tr><tr><td>Opmerking</td><td><textarea name=ctl00$Main$txtOpm></textarea></td></tr></table><input type=submit value=Verstuur></main></form>', [('contact', ['name', 'email', 'free_text'])]),
    ('date of birth in three parts, named before them and by a group', 'https://www.g.test/x', '<main><h1>Afspraak maken</h1><form method=post><div><label>Geboortedatum</label><select name=d><option>1</select><select name=m><option>1</select><select name=y><option>1990</select></div><div role=group aria-label=Geboortedatum><input aria-label=Dag><input aria-label=Maand><input aria-label=Jaar></div><button>Verder</button></form>', [('appointment', ['birth_date'])]),
    ('date of birth in parts, named by words before their labels', 'https://www.g.test/x', '<main><h1>Afspraak maken</h1><form method=post><div><span>Geboortedatum</span><label>Dag<input name=b1></label><label>Maand<input name=b2></label></div><button>Verder</button></form>', [('appointment', ['birth_date'])]),
    ('aria-labelledby, and columns of divs', 'https://www.g.test/x', '<main><h1>Stel je vraag</h1><form method=post><span id=a1>Je naam</span><div><input aria-labelledby=a1></div><div class=row><div class=col>E-mailadres</div><div class=col><input type=text name=x1></div></div><div class=row><div class=col>Vraag</div><div class=col><textarea name=x2></textarea></div></div><button>Stuur</button></form>', [('contact', ['name', 'email', 'free_text'])]),
    ('placeholders only', 'https://www.g.test/x', '<main><h1>Contact</h1><form method=post><input placeholder="Naam*"><input placeholder="E-mail"><input placeholder="Tel"><textarea placeholder="Uw bericht"></textarea><button>Verstuur</button></form>', [('contact', ['name', 'email', 'phone', 'free_text'])]),
    ('no form element', 'https://www.g.test/contact', '<main><h1>Neem contact op</h1><div class=form><div><label for=a>Naam</label><input id=a></div><div><label for=b>E-mail</label><input id=b></div><div><label for=c>Vraag</label><textarea id=c></textarea></div><button type=button>Verstuur</button></div></main>', [('contact', ['name', 'email', 'free_text'])]),
    ('no form element and nothing personal yet', 'https://www.g.test/afspraak', '<main><h1>Afspraak maken</h1><div class=form><label for=a>Kies een product</label><select id=a><option>Paspoort</select><button type=button>Volgende</button></div></main>', [('appointment', [])]),
    ('controls outside their form, by the form attribute; labels after', 'https://www.g.test/afspraak', '<main><h1>Contactformulier</h1><form id=f method=post action=/z></form><label for=n>Naam</label><input form=f id=n><textarea form=f id=v></textarea><label for=v>Vraag</label><button form=f>Verstuur</button></main>', [('contact', ['name', 'free_text'])]),
    ('words and line breaks instead of labels', 'https://www.g.test/contact', '<main><h1>Contact</h1><form method=post><p>Aanhef</p><input type=radio name=a1 id=r1><label for=r1>Dhr.</label><input type=radio name=a1 id=r2><label for=r2>Mevr.</label><br>Naam: <input name=n1><br>E-mail: <input name=e1><br>Vraag:<br><textarea name=v></textarea><input type=submit value=Verstuur></form>', [('contact', ['name', 'gender', 'email', 'free_text'])]),
    ('a salutation known by its choices', 'https://www.g.test/contact', '<main><h1>Contact us</h1><form method=post><label>Title<select name=t><option>Mr<option>Mrs<option>Ms</select></label><label>Surname<input name=n1></label><label>Your message<textarea name=v></textarea></label><input type=submit value=Send></form>', [('contact', ['name', 'gender', 'free_text'])]),
    ('logged in or not: the first step of a question', 'https://www.g.test/wmebv/choose-form', '<main><h1>Vraag aan de gemeente</h1><form method=post action=/api/choose><fieldset><legend>Hoe wilt u verder?</legend><label><input type=radio name=c value=1>Inloggen met DigiD</label><label><input type=radio name=c>Doorgaan zonder inloggen</label></fieldset><button>Volgende</button></form>', [('contact', [])]),
    ('a start button for DigiD', 'https://www.g.test/verhuizen', '<main><h1>Verhuizing doorgeven</h1><form method=post action=/start><button>Inloggen met DigiD</button></form>', [('login', [])]),
    ('newsletter in the footer', 'https://www.g.test/', '<main><h1>Welkom</h1></main><footer><h3>Nieuwsbrief</h3><form method=post><input type=email placeholder="Uw e-mailadres"><button>Aanmelden</button></form></footer>', [('newsletter', ['email'])]),
    ('language choice that sends itself', 'https://www.g.test/contact', '<header><form method=post><select name=lang onchange=x><option>Nederlands<option>English</select></form></header><main><h1>Contact</h1><p>Bel ons</p></main>', [('other', [])]),
    ('cookie choice after the form', 'https://www.g.test/contact', '<main><h1>Contact</h1><form method=post><label>Naam<input></label><label>Vraag<textarea></textarea></label><button>Verstuur</button></form></main><div id=cookiebar><form method=post action=/cookies><label><input type=checkbox name=stat>Statistieken</label><button>Opslaan</button></form></div>', [('contact', ['name', 'free_text']), ('other', [])]),
    ('what stands out: health, signature, upload', 'https://www.g.test/x', '<main><h1>Aanvraag gehandicaptenparkeerkaart</h1><form method=post><label>BSN<input></label><label>Kenteken<input></label><label>Medische beperking<textarea></textarea></label><label>Pasfoto<input type=file></label><label>Handtekening<input></label><button>Aanvragen</button></form></main>', [('product', ['bsn', 'licence_plate', 'health', 'signature', 'upload'])]),
    ('a search form in a closed panel, and a look-up by address', 'https://www.g.test/x', '<header><div class="search hidden" style="display:none"><form action=/search><input name=s><button>Zoek</button></form></div></header><main><h1>Afval</h1><form class=calendar action=/afval><label>Postcode<input name=pc></label><label>Huisnummer<input name=hn></label><button>Zoek op adres</button></form></main>', [('search', []), ('other', ['address', 'postcode'])]),
    ('a question before two buttons', 'https://www.g.test/contact', '<main><h1>Contact</h1><p>Bel 14 030</p><div><p>Heeft u gevonden wat u zocht?</p><form method=post><button name=v value=1>Ja</button><button name=v value=0>Nee</button></form></div></main>', [('feedback', [])]),
    ("another party's form by script", 'https://www.g.test/afspraak', '<main><h1>Afspraak maken met het wijkteam</h1><div data-tf-widget=abc></div><script src=https://embed.typeform.com/x.js></script></main>', [('appointment', [])]),
    ('a list of products that are buttons', 'https://www.g.test/afspraak', '<main><h1>Waarvoor wilt u een afspraak maken?</h1><form method=post><button name=p value=1>Paspoort</button><button name=p value=2>Rijbewijs</button><button name=p value=3>Uittreksel</button></form></main>', [('appointment', [])]),
    ('captcha and honeypot', 'https://www.g.test/contact', '<main><h1>Contact</h1><form method=post><label>Uw naam<input name=a></label><label>Uw e-mail<input name=b></label><label>Vraag<textarea></textarea></label><label>Neem de code over<input name=captcha></label><label>Hoeveel is 3 + 4?<input name=c></label><input type=text name=url_hp style=display:none><button>Verstuur</button></form></main>', [('contact', ['name', 'email', 'free_text'])]),
    ('Formidable Forms with its honeypot', 'https://www.g.test/contact', '<main><h1>Contact</h1><div class=frm_forms><form method=post class=frm-show-form id=form_contact><fieldset><legend class=frm_hidden>Contact</legend><div class="frm_form_field form-field frm_required_field frm_first"><label for=field_a class=frm_primary_label>Voornaam<span class=frm_required>*</span></label><input id=field_a name=item_meta[1]></div><div class="frm_form_field"><label for=field_b class=frm_primary_label>Achternaam</label><input id=field_b name=item_meta[2]></div><div class="frm_form_field"><label for=field_c>E-mail</label><input type=email id=field_c name=item_meta[3]></div><div><label for=field_d>Bericht</label><textarea id=field_d></textarea></div><div class="frm_verify" aria-hidden=true><label for=field_hp>Email</label><input id=field_hp type=text name=item_meta[0]></div></fieldset><button>Verzenden</button></form></div></main>', [('contact', ['name', 'email', 'free_text'])]),
    ('a wish to be called back is not what the form is for', 'https://www.g.test/contact', '<main><h1>Contactformulier</h1><form method=post><fieldset><legend>Wilt u teruggebeld worden?</legend><label><input type=radio name=z>Ja</label><label><input type=radio name=z>Nee</label></fieldset><label>Naam<input></label><label>E-mailadres<input></label><label>Telefoonnummer<input></label><label>Bericht<textarea></textarea></label><button>Verstuur</button></form></main>', [('contact', ['name', 'email', 'phone', 'free_text'])]),
]  # fmt: skip


@pytest.mark.parametrize(("why", "url", "html", "expected"), LAYOUTS, ids=[case[0] for case in LAYOUTS])
def test_layout(why: str, url: str, html: str, expected: list[tuple[str, list[str]]]) -> None:
    reading = read_page(html.encode(), url)
    assert [(form.kind, list(form.personal_data)) for form in reading.forms] == expected, why


def test_a_form_that_a_script_will_make_has_its_place_among_the_others() -> None:
    html = (
        "<header><form role=search action=/z><input name=q></form></header><main><h1>Contactformulier</h1><div id=openforms-root data-base-url='https://f.test/api/v2/' "
        "data-form-id=contactformulier></div></main><footer><form method=post><h3>Nieuwsbrief</h3><input type=email><button>Aanmelden</button></form></footer>"
    )
    assert [form.kind for form in read_page(html.encode(), "https://www.gem.test/contact").forms] == ["search", "contact", "newsletter"]


N = "<label>Naam<input name=q1></label>"
M = "<label>E-mailadres<input type=email name=q2></label>"
P = "<label>Telefoon<input type=tel name=q3></label>"
V = "<label>Uw vraag<textarea name=v></textarea></label>"
S = "<header><form role=search><input name=q><button>Zoek</button></form></header>"
F = (
    "<footer><h2>Contact</h2><p>14 030</p><h2>Nieuwsbrief</h2><form method=post action=/nb><label>E-mailadres<input type=email name=q2></label>"
    "<button>Aanmelden</button></form></footer>"
)

SEVERAL = [
(["search","appointment","manage_appointment","newsletter"],"/afspraak",S+"<main><h1>Afspraak</h1><section><h2>Afspraak maken</h2><form method=post><label>Product<select><option>Paspoort</select></label><button>Volgende</button></form></section><section><h2>Afspraak wijzigen of annuleren</h2><form method=post><label>Afspraaknummer<input></label><button>Zoek afspraak</button></form></section></main>"+F),
(["search","contact","callback","newsletter"],"/contact",S+"<main><h1>Contact</h1><h2>Stel uw vraag</h2><form method=post>"+N+M+V+"<button>Verstuur</button></form><h2>Bel mij terug</h2><form method=post action=/bel>"+N+P+"<button>Bel mij terug</button></form></main>"+F),
(["search","feedback","newsletter"],"/afspraak-maken",S+"<main><h1>Afspraak maken</h1><p>Bel 14 030</p><aside><form method=post><p>Vond u wat u zocht?</p><label><input type=radio name=f>Ja</label><label><input type=radio name=f>Nee</label><textarea name=t placeholder='Toelichting'></textarea><button>Verstuur</button></form></aside></main>"+F),
(["search","comment"],"/nieuws/contactformulier-vernieuwd",S+"<main><article><h1>Contactformulier vernieuwd</h1><p>tekst</p></article><section id=comments><h2>Reacties</h2><form id=commentform method=post>"+N+M+"<label>Reactie<textarea name=comment></textarea></label><button>Reactie plaatsen</button></form></section></main>"),
(["search","login","newsletter"],"/mijn",S+"<main><h1>Mijn Gemeente</h1><form method=post><label>E-mailadres<input name=u></label><label>Wachtwoord<input type=password></label><button>Inloggen</button></form></main>"+F),
(["search","product","newsletter"],"/parkeren/contact",S+"<main><h1>Parkeervergunning aanvragen</h1><form method=post>"+N+M+"<label>Kenteken<input></label><button>Aanvragen</button></form></main>"+F),
(["search","complaint","contact"],"/contact",S+"<main><h1>Klacht of vraag</h1><section><h2>Klacht indienen</h2><form method=post>"+N+M+"<label>Uw klacht<textarea></textarea></label><button>Klacht versturen</button></form></section><section><h2>Vraag stellen</h2><form method=post>"+N+M+V+"<button>Vraag versturen</button></form></section></main>"),
(["search","search","newsletter"],"/zoeken",S+"<main><h1>Zoekresultaten voor 'afspraak maken'</h1><form><input name=q value='afspraak maken'><button>Zoeken</button></form></main>"+F),
(["search","search"],"/afspraken",S+"<main><h1>Prestatieafspraken</h1><form method=get><label>Jaar<select name=jaar><option>2024</select></label><button>Filter</button></form></main>"),
(["search","other"],"/afspraak-maken",S+"<main><h1>Afspraak maken</h1><a href=https://x.mijnafspraakmaken.nl>Maak een afspraak</a></main><div role=dialog><form method=post><h2>Cookies</h2><label><input type=checkbox name=a>Statistiek</label><button>Accepteren</button></form></div>"),
(["search","report"],"/melding",S+"<main><h1>Melding openbare ruimte</h1><p>Heeft u een vraag? Gebruik het contactformulier.</p><form method=post><label>Waar is het?<input></label><label>Omschrijving<textarea></textarea></label>"+N+M+P+"<button>Versturen</button></form></main>"),
]  # fmt: skip


@pytest.mark.parametrize(("kinds", "path", "html"), SEVERAL, ids=[f"{path}: {', '.join(kinds)}" for kinds, path, _ in SEVERAL])
def test_each_of_several_forms_is_typed_for_itself(kinds: list[str], path: str, html: str) -> None:
    reading = read_page(f"<title>x</title>{html}".encode(), f"https://www.gem.test{path}")
    assert [form.kind for form in reading.forms] == kinds, [form.kind_reasons for form in reading.forms]
