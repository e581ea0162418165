"""Operations about how a graph runs: its blocks and calls, and the devices that take part."""
