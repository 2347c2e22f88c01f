"""How bytes arrive: the download handler, the address guard, connect-to, and the client the survey asks."""
