"""Files that a fuzzer makes, given to one reader after the other: ``python -m tests.long.fuzz``."""
