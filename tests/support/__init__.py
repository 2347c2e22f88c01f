"""What tests of every package share: a private authority, a small real web, and the rule that tests stay on this machine."""
