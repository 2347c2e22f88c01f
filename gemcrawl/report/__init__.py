"""What people look at: a static site made of the published snapshots."""
