"""Who is alive, and how long anybody waits for one that may not be."""
