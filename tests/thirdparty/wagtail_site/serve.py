"""Makes the site in a folder and serves it on loopback: ``python -m wagtail_site.serve <folder>``; prints its port when it is up."""

from __future__ import annotations

import sys
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.conf import settings

APPS = [
    "wagtail_site", "wagtail.contrib.forms", "wagtail.contrib.redirects", "wagtail.embeds", "wagtail.sites", "wagtail.users", "wagtail.snippets",
    "wagtail.documents", "wagtail.images", "wagtail.search", "wagtail.admin", "wagtail", "modelcluster", "taggit",
    "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages", "django.contrib.staticfiles",
]  # fmt: skip
CONTACT = [
    ("Naam", "singleline", True),
    ("E-mailadres", "email", True),
    ("Telefoonnummer", "singleline", False),
    ("Uw vraag", "multiline", True),
]
APPOINTMENT = [
    ("Waarvoor komt u?", "radio", True),
    ("Gewenste datum", "date", True),
    ("Achternaam", "singleline", True),
    ("Geboortedatum", "date", True),
    ("E-mailadres", "email", True),
]


def configure(folder: Path) -> None:
    here = Path(__file__).parent
    settings.configure(
        SECRET_KEY="not a secret",
        ALLOWED_HOSTS=["*"],
        INSTALLED_APPS=APPS,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "site.sqlite3")}},
        MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.csrf.CsrfViewMiddleware",
                    "django.contrib.auth.middleware.AuthenticationMiddleware", "django.contrib.messages.middleware.MessageMiddleware"],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [here / "templates"], "APP_DIRS": True,
                    "OPTIONS": {"context_processors": ["django.template.context_processors.request"]}}],
        ROOT_URLCONF="wagtail.urls",
        LANGUAGE_CODE="nl",
        USE_TZ=True,
        STATIC_URL="/static/",
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        WAGTAIL_SITE_NAME="Gemeente",
        WAGTAILADMIN_BASE_URL="http://localhost",
    )  # fmt: skip
    from django.apps import apps

    django.setup()
    # Tables are made from the models as they are: the history of the schema is of no use to a new site.
    settings.MIGRATION_MODULES = {config.label: None for config in apps.get_app_configs()}


def make() -> None:
    from django.core.management import call_command
    from wagtail.models import Locale, Page, Site
    from wagtail_site.models import FormField, FormPage, HomePage

    call_command("migrate", run_syncdb=True, verbosity=0)
    Locale.objects.get_or_create(language_code="nl")
    root = Page.add_root(title="Root")
    home = root.add_child(instance=HomePage(title="Gemeente Wagtaal", slug="home"))
    Site.objects.create(hostname="localhost", root_page=home, is_default_site=True)
    for title, slug, fields in (("Contactformulier", "contact", CONTACT), ("Afspraak maken", "afspraak-maken", APPOINTMENT)):
        page = home.add_child(instance=FormPage(title=title, slug=slug))
        for label, kind, required in fields:
            page.form_fields.add(
                FormField(label=label, field_type=kind, required=required, choices="Paspoort,Rijbewijs" if kind == "radio" else "")
            )
        page.save()


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Says nothing."""


def main() -> None:
    configure(Path(sys.argv[1]))
    make()
    from django.core.wsgi import get_wsgi_application

    server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
