"""Everything about devices in the REST API."""
