"""Everything about resource representations in the REST API."""
