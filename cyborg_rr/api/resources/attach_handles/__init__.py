"""Everything about attach handles in the REST API."""
