"""Everything about deployables in the REST API."""
