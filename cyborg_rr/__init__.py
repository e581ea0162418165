"""cyborg_rr: an accelerator management service that maps what a model needs to devices."""
