"""How often loops run, and the types of what they carry."""
