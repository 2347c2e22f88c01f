"""A municipal site made with Wagtail and its own form pages; runs in a virtual environment of its own, never in that of gemcrawl."""
