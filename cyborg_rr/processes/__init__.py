"""The wiring of every process, once: options are read here, and the parts get what they need."""
