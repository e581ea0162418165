"""Who is alive: hosts and conductors, and how long anybody waits for one that may not be."""
