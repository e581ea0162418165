"""Taking from a function what its instance left there, and seeing that it is gone."""
