"""Operations that few models have: sequences, signals, classic learning, training steps."""
