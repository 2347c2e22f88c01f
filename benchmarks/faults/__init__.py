"""What a night survives: kills, full disks, a clock that jumps, a network that goes away.  See `benchmarks.faults.__main__`."""
