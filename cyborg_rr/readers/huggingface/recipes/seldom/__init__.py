"""Models of few kin: decoders of pairs alone, and models with parts of their own."""
