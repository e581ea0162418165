"""Every operation and every error row of the API, request by request, as YAML files tell it."""

from __future__ import annotations

import unittest
from pathlib import Path
from typing import Any

import pytest
from gabbi import suitemaker, utils
from gabbi.handlers import RESPONSE_HANDLERS, base, jsonhandler

from tests.api.stage import Stage

TESTS = Path(__file__).parents[1]
GABBITS = TESTS / "api" / "gabbits"


class FaultHandler(base.ResponseHandler):  # type: ignore[misc]
    """``response_fault``: texts that stand in the doubly encoded fault of an error answer."""

    test_key_suffix = "fault"
    test_key_value: list[str] = []

    def action(self, test: Any, item: str, value: Any = None) -> None:
        """The text stands in the fault, which has the members that clients look for."""
        outer = jsonhandler.JSONHandler.loads(test.output)
        assert list(outer) == ["error_message"]
        fault = jsonhandler.JSONHandler.loads(outer["error_message"])
        assert list(fault) == ["faultcode", "faultstring", "debuginfo"]
        assert item in fault["faultstring"]


@pytest.mark.parametrize("path", sorted(GABBITS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_request_of_the_file_is_answered_as_the_file_says(
    path: Path, tmp_path: Path, database_url: str
) -> None:
    stage = Stage(tmp_path, database__connection=database_url)
    stage.add_host("compute-1", devices=2, handles=2)
    stage.add_host("compute-2", devices=1, handles=1)
    handlers = [handler() for handler in (*RESPONSE_HANDLERS, FaultHandler)]
    suite = suitemaker.test_suite_from_dict(
        unittest.TestLoader(),
        path.stem.replace("-", "_"),
        utils.load_yaml(yaml_file=str(path)),
        str(TESTS),
        "api.test",
        None,
        None,
        lambda: stage.app,
        handlers=handlers,
        test_loader_name="tests.api.test_gabbits",
    )
    result = unittest.TestResult()
    suite.run(result)
    failed = [*result.failures, *result.errors]
    report = [f"{test}: {trace.strip().splitlines()[-1]}" for test, trace in failed]
    assert not report, "\n".join(report)
    assert result.testsRun > 0
    stage.close()
