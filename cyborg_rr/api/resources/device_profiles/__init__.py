"""Everything about device profiles in the REST API."""
