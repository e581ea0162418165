"""What is offered to schedulers outside, and what is kept from them."""
