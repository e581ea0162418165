"""Names what no reader takes, so that its owner learns what to do instead.

Only ends of a file, and of protobuf messages the first fields, are looked at. A wrong name is worse
than none: what has no mark of its own is told by several facts together, or not at all.
"""
