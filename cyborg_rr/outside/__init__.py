"""What we call or publish to: each system outside is a room, and none knows another."""
