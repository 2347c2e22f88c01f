"""The pipelines a survey passes: measured and judged, then committed.  Their order is in `gemcrawl.settings`."""
