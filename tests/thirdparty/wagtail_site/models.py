"""The pages of the site, as the chapter on forms of Wagtail's manual has them."""

from __future__ import annotations

from django.db import models
from modelcluster.fields import ParentalKey
from wagtail.contrib.forms.models import AbstractEmailForm, AbstractFormField
from wagtail.models import Page


class HomePage(Page):
    """The home page; its template lists its children."""

    template = "home_page.html"


class FormField(AbstractFormField):
    page = ParentalKey("FormPage", on_delete=models.CASCADE, related_name="form_fields")


class FormPage(AbstractEmailForm):
    template = "form_page.html"
    landing_page_template = "home_page.html"
