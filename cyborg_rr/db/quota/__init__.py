"""What projects hold, and keeping counts of one project apart."""
