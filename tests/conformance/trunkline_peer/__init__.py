"""A Trunkline client in Python's standard library, written from PROTOCOL.md alone."""
