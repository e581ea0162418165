"""Everything about agents in the REST API."""
