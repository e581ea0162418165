"""What an audit reads: all that may be wrong, in a fixed number of statements."""
