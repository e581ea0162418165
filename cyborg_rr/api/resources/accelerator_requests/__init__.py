"""Everything about accelerator requests in the REST API."""
