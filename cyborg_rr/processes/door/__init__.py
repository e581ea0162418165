"""The API's own server: many connections, few workers, and none of these for whoever is slow."""
