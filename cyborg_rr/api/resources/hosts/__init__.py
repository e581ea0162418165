"""Everything about hosts in the REST API."""
