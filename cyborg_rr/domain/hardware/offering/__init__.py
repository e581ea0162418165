"""What is offered to schedulers outside, in no outside system's words."""
