"""Which versions, cipher suites and key-exchange groups a server accepts, found with few and small handshakes."""

from gemcrawl.transport.facts import Inventory
from gemcrawl.transport.probe.exchange import Connect
from gemcrawl.transport.probe.head import Asker
from gemcrawl.transport.probe.inventory import Limits, take_inventory
from gemcrawl.transport.probe.prober import Prober, broken_off, guarded

__all__ = ["Asker", "Connect", "Inventory", "Limits", "Prober", "broken_off", "guarded", "take_inventory"]
