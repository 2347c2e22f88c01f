"""The fictional nation: municipalities that do not exist, with known truth, served on loopback over real TLS.

Nothing outside this package knows that it exists; it imports no judging code, so that what it calls true is independent.
"""
