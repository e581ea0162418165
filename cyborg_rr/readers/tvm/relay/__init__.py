"""Relay, TVM 0.4 to 0.19: what it prints as text, and what it saves as JSON."""
