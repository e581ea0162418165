"""The reader of nGraph functions in JSON, of every release from 0.1 to 0.29."""
