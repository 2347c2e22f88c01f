"""What is kept of a page to show what was seen: the exchange that brought it, as WARC records, and a picture of a form.

Bytes in, bytes out: nothing here uses the network or reads what a page says.
"""
