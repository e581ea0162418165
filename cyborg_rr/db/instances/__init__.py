"""What is stored of instances: whom Nova is to tell what, and who holds something."""
