"""A whole new reader, as the contributor docs show it; a test moves it into a copy of the tree."""
