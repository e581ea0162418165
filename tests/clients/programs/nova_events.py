"""Says what Nova's own schema of external events holds against a request.

A line is a body for ``POST /os-server-external-events``; the answer is what is wrong with it.
"""

import json
import sys

import jsonschema
from nova.api.openstack.compute.schemas import server_external_events


def main() -> None:
    """Answer lines until there are no more."""
    validator = jsonschema.Draft4Validator(
        server_external_events.create_v282, format_checker=jsonschema.FormatChecker()
    )
    for line in sys.stdin:
        errors = [error.message for error in validator.iter_errors(json.loads(line))]
        print(json.dumps(errors), flush=True)


if __name__ == "__main__":
    main()
