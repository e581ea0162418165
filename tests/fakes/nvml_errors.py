"""Errors of the fake management library, by the library's own names and numbers."""

from __future__ import annotations

ERROR_CODES = {
    "UNINITIALIZED": 1,
    "INVALID_ARGUMENT": 2,
    "NOT_SUPPORTED": 3,
    "NO_PERMISSION": 4,
    "NOT_FOUND": 6,
    "INSUFFICIENT_SIZE": 7,
    "DRIVER_NOT_LOADED": 9,
    "TIMEOUT": 10,
    "LIBRARY_NOT_FOUND": 12,
    "FUNCTION_NOT_FOUND": 13,
    "GPU_IS_LOST": 15,
    "RESET_REQUIRED": 16,
    "LIB_RM_VERSION_MISMATCH": 18,
    "IN_USE": 19,
    "INSUFFICIENT_RESOURCES": 23,
    "ARGUMENT_VERSION_MISMATCH": 25,
    "UNKNOWN": 999,
}


class NVMLError(Exception):
    """An error by its number, as the library returns it."""

    def __init__(self, name: str) -> None:
        super().__init__(name.replace("_", " ").capitalize())
        self.value = ERROR_CODES[name]
