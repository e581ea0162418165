"""What hosts report: which agent speaks for a host, what is stored of it, storing the rest."""
