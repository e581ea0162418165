"""Which canonical operations HLO's opcodes mean."""
