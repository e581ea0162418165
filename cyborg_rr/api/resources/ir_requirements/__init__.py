"""Everything about ir requirements in the REST API."""
