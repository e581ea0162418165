"""Everything about conductors in the REST API."""
