"""Builds one municipality: its site, the hosts of its suppliers, its forms and the way to them, with the faults of its case."""

from __future__ import annotations

import random
from typing import Literal

from gemcrawl.demo import apps
from gemcrawl.demo.faults import HOST_FAULTS, OUTCOMES, apply_form_fault, apply_host_fault
from gemcrawl.demo.model import Anchor, FormPlace, FormSpec, Host, Language, Page, Town
from gemcrawl.demo.products import PRODUCTS, Place, Product
from gemcrawl.demo.sites import LAYOUTS, SUPPLIER_LAYOUTS, add_robots, build_site
from gemcrawl.demo.words import LABELS

Mode = Literal["direct", "landing", "product", "wordless", "sitemap"]

_FRAMED = ("a_frame_parent_http", "a_frame_http")
_FRAMED_CONTACT = ("c_frame_parent_http", "c_frame_http")
_SCRIPT_FORMS = ("c_api_http", "n_script_form")
_CONTACT_HOSTS: tuple[Place, ...] = ("loket", "formulieren")
"""Hosts of framed contact forms; the appointment form is elsewhere then, for the fault is the contact form's alone."""
_OWN_HOST = ("a_http_supplier", "a_redirect_to_http", "a_downgrade", "n_inherited", "n_wildcard", "o_supplier_robots", *HOST_FAULTS)
_OWN_SITE = ("a_http_site", "a_http_link", "a_base_http", "a_base_fragment_http", "a_get", "a_javascript")
_PERSONAL = ("a_get", "a_javascript", "c_get", "c_mailto")
_QUERIES = {"mozard_appointment": "?mWfr=367", "mozard_contact": "?mWfr=604", "balie": "?product=35", "balie_steps": "?product=12&lang=nl"}
_BRANDS = ("Afspraakbalie", "Formulio", "Loketweb", "Stadsdesk", "Balieplan")


def build_town(town: Town, index: int, rng: random.Random, hosts: dict[str, Host]) -> None:
    """Adds the municipality's hosts to ``hosts`` and its forms to the town."""
    language: Language = "fy" if town.province == "Fryslân" and rng.random() < 0.5 else "en" if rng.random() < 0.02 else "nl"
    apex = town.case == "n_inherited" or (rng.random() < 0.15 and not town.case.startswith(("c_upgrade", "a_frame", "a_http")))
    apex_name = f"{town.slug}.test"
    town.website = apex_name if apex else f"www.{apex_name}"
    site = Host(
        name=town.website,
        owner=f"Gemeente {town.name}",
        layout=LAYOUTS[index % len(LAYOUTS)],
        language=language,
        search=("search_get", "search_role", "search_solr")[index % 3],
        newsletter=index % 5 != 4,
        seed=index,
    )
    hosts[site.name] = site
    other = Host(name=f"www.{apex_name}" if apex else apex_name, owner=site.owner, layout="bare", redirect_all=f"https://{site.name}")
    hosts[other.name] = other
    site.alternate = other.name
    town.hosts = [site.name, other.name]
    build_site(site, town, rng)
    _Forms(town, index, rng, hosts, site).build()
    barrier = OUTCOMES.get(town.case)
    if barrier is not None:
        town.outcomes, town.reason, site.barrier = barrier.outcomes, barrier.reason, barrier.barrier
        if barrier.closed:
            for host in (site, other):
                host.profile, host.http = "closed", "closed"
    apply_host_fault(town, site, hosts, rng)
    for name in town.hosts:
        host = hosts[name]
        if not host.redirect_all:
            denied = (town.case == "o_supplier_robots" and host is not site) or (town.case == "o_robots_all" and host is site)
            needs_sitemap = host is site and any(place.sitemap_only for place in town.places)
            add_robots(host, rng, deny=denied, broken=town.case == "o_robots_500", needs_sitemap=needs_sitemap)


class _Forms:
    """The forms of one municipality and the links to them."""

    def __init__(self, town: Town, index: int, rng: random.Random, hosts: dict[str, Host], site: Host) -> None:
        self.town, self.index, self.rng, self.hosts, self.site = town, index, rng, hosts, site
        self.case = town.case

    def build(self) -> None:
        label = LABELS[self.site.language]
        contact_mode: Mode = (
            "sitemap" if self.case == "plain" and self.rng.random() < 0.04 else "landing" if self.rng.random() < 0.7 else "direct"
        )
        if self.case != "o_mail_only":
            contact = self._place(self._choose("contact"), "contact")
            if self.case in _FRAMED_CONTACT:
                self._frame(contact)
            elif PRODUCTS[contact.spec.product].script:
                self._link_contact(contact, "landing", label["contact_form"])
            else:
                self._link_contact(contact, contact_mode, label["contact_form"])
        else:
            self.site.pages["/contact"].links.append(Anchor(f"mailto:gemeente@{self.town.slug}.test", "E-mail ons"))
        self.site.nav.append(Anchor("/contact", label["contact"]))
        if self.case == "o_phone_only":
            self.site.pages["/"].links.insert(0, Anchor("/openingstijden-balie", "Langskomen op afspraak"))
            self.site.add(Page(path="/openingstijden-balie", title="Openingstijden", text="Maak een afspraak: bel 14 0555.", paragraphs=9))
            return
        appointment = self._place(self._choose("appointment"), "appointment")
        if self.case == "n_wildcard":
            appointment.known_host_only = True
        elif self.case == "s_frames":
            self._embed(appointment)
        elif self.case in _FRAMED or (
            self.case in ("plain", "a_hsts_absent", "n_tls13") and self._off_site(appointment) and self.rng.random() < 0.2
        ):
            self._frame(appointment)
        else:
            self._link_appointment(appointment, label)
        if self.case == "plain" and self.rng.random() < 0.1 and self.site.language == "nl":
            self._second_appointment()

    def _off_site(self, place: FormPlace) -> bool:
        return f"//{self.site.name}/" not in place.page_url

    def _choose(self, kind: Literal["appointment", "contact"]) -> Product:
        """A product that suits the language of the site and the case, in turn."""
        scripted = apps.PRODUCTS_OF.get(self.case, ())
        if scripted and (kind == "contact") == (self.case in apps.CONTACT_CASES):
            return PRODUCTS[scripted[self.index % len(scripted)]]
        mine = [p for p in PRODUCTS.values() if p.kind == kind and not p.script and self._suits(p)]
        foreign = [p for p in mine if p.language == self.site.language != "nl"]
        if foreign and self.rng.random() < 0.7:
            mine = foreign
        elif self.site.language == "nl":
            mine = [p for p in mine if p.language == "nl" or (p.language == "en" and self.index % 40 == 3)]
        return mine[(self.index * 5 + self.index // len(mine)) % len(mine)]

    def _suits(self, product: Product) -> bool:
        """Whether the case of the municipality can be shown with this product."""
        case, places = self.case, set(product.places)
        if product.language not in ("nl", "en", self.site.language):
            return False
        if case in _PERSONAL and product.kind[0] == case[0] and not product.personal:
            return False
        if case.startswith(f"{product.kind[0]}_") and (product.cookie_gate or product.session):
            return False
        if case in _FRAMED_CONTACT:
            return bool(places & set(_CONTACT_HOSTS)) if product.kind == "contact" else bool(places - {*_CONTACT_HOSTS, "shared"})
        if product.kind == "contact":
            return product.mounted == (case in _SCRIPT_FORMS) and ("own" in places or not case.startswith("c_"))
        if case == "n_wildcard":
            return product.path == "/"
        if case in _FRAMED:
            return "platform" in places
        if case in _OWN_HOST and not case.startswith("c_"):
            return bool(places - {"own", "shared"})
        return case not in _OWN_SITE or "own" in places

    def _host(self, product: Product) -> Host:
        allowed: list[Place] = [p for p in product.places if p != "shared" or self.case == "plain"]
        if self.case in _OWN_HOST or self.case in _FRAMED:
            allowed = [p for p in allowed if p != "own"] or allowed
        if not allowed:
            allowed = ["subdomain"]
        if self.case in _FRAMED_CONTACT:
            allowed = [p for p in allowed if (p in _CONTACT_HOSTS) == (product.kind == "contact")]
        wildcard = self.case == "n_wildcard" and product.kind == "appointment"
        if wildcard:
            allowed = ["subdomain"]
        if self.case == "n_inherited":
            allowed = [p for p in allowed if p != "platform"] or ["subdomain"]
        place = self.rng.choice(allowed)
        if place == "own":
            return self.site
        if place == "shared":
            return self.hosts["afspraken.burgerdesk.test" if product.kind == "appointment" else "formulieren.burgerdesk.test"]
        slug = self.town.slug
        name = {
            "subdomain": f"{'afspraken' if wildcard else self.rng.choice(('afspraak', 'afspraken'))}.{slug}.test",
            "loket": f"loket.{slug}.test",
            "formulieren": f"formulieren.{slug}.test",
            "platform": f"{slug}.afspraakbalie.test",
            "jcc": f"{slug}.mijnafspraakmaken.test",
            "agenda": f"{slug}.stadsagenda.test",
        }[place]
        if name not in self.hosts:
            brand = _BRANDS[sum(map(ord, place)) % len(_BRANDS)]
            layout = SUPPLIER_LAYOUTS[self.index % len(SUPPLIER_LAYOUTS)]
            host = Host(name=name, owner=f"{self.town.name} | {brand}", layout=layout, seed=self.index, language=self.site.language)
            host.footer = [Anchor(f"https://{self.site.name}/", f"Gemeente {self.town.name}"), Anchor("/hulp", "Hulp bij dit formulier")]
            host.wildcard = f"{slug}.test" if wildcard else ""
            host.add(Page(path="/hulp", title="Hulp", in_sitemap=False, paragraphs=4))
            self.hosts[name] = host
            self.town.hosts.append(name)
            if wildcard or self.rng.random() < 0.5:
                self.town.known_hosts.append(name)
        return self.hosts[name]

    def _place(self, product: Product, kind: Literal["appointment", "contact"], path: str = "") -> FormPlace:
        host = self._host(product) if not path else self.site
        path = path or product.path.format(slug=self.town.slug)
        action = None if product.action is None else product.action.format(path=path, slug=self.town.slug)
        if product.script:
            api = self._service(product, host) if product.by_script else ""
            spec = apps.specification(product.key, action, api, self.rng)
        else:
            spec = FormSpec(product=product.key, action=action, api=self._api() if product.mounted else "")
        page = Page(path=path, title=product.title, form=spec, language=product.language)
        if product.script:
            page.app = "" if "own" in product.places else product.key
            apps.add_files(host, page, product.key)
        page.cookie_gate, page.session = product.cookie_gate, product.session
        page.in_sitemap = host is self.site and self.rng.random() < 0.4
        host.add(page)
        url = f"https://{host.name}{path}"
        place = FormPlace(kind=kind, spec=spec, page_url=url, page=page)
        place.entries = (url + _QUERIES.get(product.key, "") + product.fragment,)
        if product.entry_path:
            entry = product.entry_path.format(slug=self.town.slug)
            host.add(Page(path=entry, title=product.title, redirect=url, set_cookie=f"{product.session}=q1w2e3; path=/; HttpOnly; Secure"))
            place.entries = (f"https://{host.name}{entry}",)
            place.also_urls = place.entries
        elif path != "/" and "/" not in host.pages and host is not self.site and not product.script:
            host.add(Page(path="/", title=host.owner, paragraphs=2, links=[Anchor(path, product.title)], in_sitemap=False))
        if kind[0] == self.case[0] or (kind == "contact" and self.case == "n_entry_http_covered"):
            apply_form_fault(self.town, self.site, host, place)
        self.town.places.append(place)
        return place

    def _api(self) -> str:
        """The address that a script-driven form sends its data to, on a host of its own."""
        secure = self.case != "c_api_http"
        name = f"openformulieren.{self.town.slug}.test"
        host = Host(name=name, owner=f"Gemeente {self.town.name}", layout="bare", http="redirect" if secure else "serve", seed=self.index)
        host.add(Page(path="/api/v2/", title="", raw=b"{}", content_type="application/json", in_sitemap=False))
        self.hosts[name] = host
        self.town.hosts.append(name)
        return f"{'https' if secure else 'http'}://{name}/api/v2/"

    def _service(self, product: Product, host: Host) -> str:
        """The data service of a script-driven form."""
        if product.key == "jcc_login":
            return apps.JCC_API
        if product.key.startswith("openforms"):
            return f"https://{host.name}/api/v2/"
        if self.case != "s_api_http":
            return f"https://{host.name}/api"
        name = f"diensten.{self.town.slug}.test"
        service = self.hosts[name] = Host(name=name, owner=host.owner, layout="bare", http="serve", seed=self.index)
        service.add(Page(path="/api/status", title="", raw=b"{}", content_type="application/json", in_sitemap=False))
        self.town.hosts.append(name)
        return f"http://{name}/api/"

    def _embed(self, place: FormPlace) -> None:
        """The form stands in a frame of a widget's frame, and scripts make both."""
        outer = f"https://{apps.WIDGET_HOST}/embed/{self.town.slug}"
        self.hosts[apps.WIDGET_HOST].add(
            Page(path=f"/embed/{self.town.slug}", title="", app="widget", text=place.page_url, in_sitemap=False)
        )
        self.site.add(Page(path="/afspraak-maken", title="Afspraak maken", embed=outer, paragraphs=4))
        self.site.pages["/"].links.insert(0, Anchor("/afspraak-maken", "Afspraak maken"))
        url = f"https://{self.site.name}/afspraak-maken"
        place.frames, place.entries = (url, outer), (url,)

    def _href(self, place: FormPlace) -> str:
        """The link as written: relative on the site itself unless the scheme matters."""
        entry = place.entries[0]
        origin = f"https://{self.site.name}"
        return entry.removeprefix(origin) if entry.startswith(origin + "/") else entry

    def _link_contact(self, place: FormPlace, mode: Mode, text: str) -> None:
        if mode == "sitemap" and not self._off_site(place):
            place.page.in_sitemap = place.sitemap_only = True
            return
        target = self.site.footer if mode == "direct" else self.site.pages["/contact"].links
        target.insert(0, Anchor(self._href(place), text))

    def _frame(self, place: FormPlace) -> None:
        """The form stands in an iframe of the municipality's own page."""
        http_parent = self.case.endswith("_frame_parent_http")
        scheme = "http" if http_parent else "https"
        path, title, linked_on = ("/afspraak-maken", "Afspraak maken", "/")
        if place.kind == "contact":
            path, title, linked_on = ("/contactformulier", "Contactformulier", "/contact")
        parent = self.site.add(Page(path=path, title=title, frame=place.entries[0], on_http=http_parent, paragraphs=3))
        if http_parent:
            self.site.hsts = None
        url = f"{scheme}://{self.site.name}{parent.path}"
        place.frames = (url,)
        self.site.pages[linked_on].links.insert(0, Anchor(url if http_parent else path, title))

    def _link_appointment(self, place: FormPlace, label: dict[str, str]) -> None:
        modes: tuple[Mode, ...] = ("direct", "direct", "landing", "landing", "product", "wordless", "sitemap")
        mode = self.rng.choice(modes)
        if mode == "wordless" and place.page.form is not None and PRODUCTS[place.spec.product].script and not self._off_site(place):
            mode = "direct"
        if mode == "sitemap" and (self._off_site(place) or self.case != "plain"):
            mode = "landing"
        href, text = self._href(place), label["appointment"]
        home, pages = self.site.pages["/"], self.site.pages
        if mode == "direct":
            home.links.insert(0, Anchor(href, text))
        elif mode == "landing":
            home.links.insert(0, Anchor("/afspraak", text))
            self.site.add(Page(path="/afspraak", title=text, links=[Anchor(href, text)], language=self.site.language, paragraphs=6))
        elif mode == "product":
            for path in ("/paspoort", "/identiteitskaart", "/rijbewijs"):
                pages[path].links.insert(0, Anchor(href, text))
        elif mode == "wordless":
            pages["/paspoort"].links.insert(0, Anchor(href, label["wordless"]))
            pages["/paspoort"].text = "U komt daarvoor zelf naar het gemeentehuis."
        else:
            place.page.in_sitemap = place.sitemap_only = True

    def _second_appointment(self) -> None:
        extra = self._place(PRODUCTS["cms_appointment"], "appointment", path="/wijkteam/afspraak-met-het-wijkteam")
        extra.page.title = "Afspraak met het wijkteam"
        self.site.pages["/contact"].links.append(Anchor(self._href(extra), "Afspraak maken met het wijkteam"))
