"""vGPUs: by mediated devices, and by virtual functions with a type."""
