"""What gemcrawl costs and how good it is, measured against the fictional nation and side by side with a bare Scrapy spider."""
