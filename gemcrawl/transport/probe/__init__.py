"""Which versions, cipher suites and key-exchange groups a server accepts, found with few and small handshakes."""

from gemcrawl.transport.facts import Inventory
from gemcrawl.transport.probe.inventory import Connect, Limits, take_inventory
from gemcrawl.transport.probe.prober import Prober, guarded

__all__ = ["Connect", "Inventory", "Limits", "Prober", "guarded", "take_inventory"]
