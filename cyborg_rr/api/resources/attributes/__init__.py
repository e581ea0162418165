"""Everything about attributes in the REST API."""
