"""Finding what is wrong in the service, and mending what can be mended safely."""
