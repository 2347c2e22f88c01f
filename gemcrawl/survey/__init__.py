"""How one site is explored: which page next, what is allowed, when it is enough.  Knows nothing of Scrapy."""
