"""What devices were seen to do: operators that are timed, their times, and what follows."""
