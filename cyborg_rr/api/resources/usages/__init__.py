"""Everything about usages in the REST API."""
