"""What canonical operations are declared with: operands, attributes, rules and their tools."""
