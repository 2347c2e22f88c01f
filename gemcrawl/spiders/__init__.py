"""The spiders: what is asked of the sites, and in which order."""
