"""One file for each verb, with its options and its run; none knows another."""
