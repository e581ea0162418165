"""How much of each resource class projects may hold, as somebody else says."""
