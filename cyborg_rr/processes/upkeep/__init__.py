"""What operators look after the service with."""
