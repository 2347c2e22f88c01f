"""gemcrawl's TLS measurement beside sslyze, testssl.sh and pshtt."""
