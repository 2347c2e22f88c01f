"""What a page says: its forms, their fields and submit targets, what they are for, which product they run on."""

from gemcrawl.forms.page import Link, PageForm, PageReading
from gemcrawl.forms.reader import read_page
from gemcrawl.forms.unfilled import unfilled
from gemcrawl.forms.words import Phrases, fold

__all__ = ["Link", "PageForm", "PageReading", "Phrases", "fold", "read_page", "unfilled"]
