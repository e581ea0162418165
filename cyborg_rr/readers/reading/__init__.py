"""From a source to a requirement: detection, the sandbox, the analysis; knows no IR."""
