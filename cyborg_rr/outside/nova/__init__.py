"""What Nova is told and asked."""
