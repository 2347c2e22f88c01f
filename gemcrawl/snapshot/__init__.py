"""The snapshot: its schema, the parts of a run, publication, and reading."""
