"""How safe the way to and from a form is: facts in; host rows, findings and verdicts out.  No network here, and no Scrapy.

`facts` is what the survey collects; `hosts.host_rows` makes the rows of a host, `findings.find` says what is wrong with one form, and
`rules.verdict` and `rules.apply` judge it.
"""
