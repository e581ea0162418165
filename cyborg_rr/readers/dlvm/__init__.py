"""The reader of DLVM: text of its last syntax."""
