"""Everything about measurements in the REST API."""
