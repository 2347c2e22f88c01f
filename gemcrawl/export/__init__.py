"""A snapshot in the forms that other tools take: CSV, GeoJSON, SQLite, and its description for an open-data portal.

It reads what was published and changes nothing of it; it uses no network and prints nothing.
"""
