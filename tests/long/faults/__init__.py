"""Every external call of every use case fails in turn, alone and in pairs."""
