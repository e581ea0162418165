"""Everything about versions in the REST API."""
