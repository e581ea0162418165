"""Everything about matches in the REST API."""
