"""Sets a value in an INI file, as devstack's function of this name: FILE SECTION NAME VALUE."""

import configparser
import sys


def main(path: str, section: str, name: str, value: str) -> None:
    """Write the value, keeping what else the file holds."""
    held = configparser.RawConfigParser()
    held.read(path)
    if section != held.default_section and not held.has_section(section):
        held.add_section(section)
    held.set(section, name, value)
    with open(path, "w") as file:
        held.write(file)


if __name__ == "__main__":
    main(*sys.argv[1:])
