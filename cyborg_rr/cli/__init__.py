"""``cyborg-rr``, the command for people: its verbs, and the rendering of what they answer."""
