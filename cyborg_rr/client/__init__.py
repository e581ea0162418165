"""What other programs load to speak to the service."""
