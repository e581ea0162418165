"""A model after a conversion of its element types: what it asks for then, and how it is written."""
