"""The first release and this one beside each other, while processes of one replace the other's."""
