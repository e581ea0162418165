"""Coverage tables: which calls of native operations a toolchain takes on the device itself."""
