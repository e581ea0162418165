"""What the package imports is what it declares to need."""

import importlib.metadata
import re
import sys
import tomllib

from tests.architecture.tree import ROOT, list_imports, list_sources, name_of, parse

_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
_RUNTIME_EXTRAS = ("client", "nvidia", "mysql", "postgresql")


def _normalise(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", name)[0]).lower()


def _declared() -> set[str]:
    extras = _PROJECT["optional-dependencies"]
    lines = [*_PROJECT["dependencies"], *(line for e in _RUNTIME_EXTRAS for line in extras[e])]
    return {_normalise(line) for line in lines}


def test_every_imported_distribution_is_declared() -> None:
    distributions = importlib.metadata.packages_distributions()
    undeclared = []
    for path in list_sources():
        for line, name in list_imports(parse(path)):
            module = name.split(".")[0]
            if module in sys.stdlib_module_names or module in ("cyborg_rr", ""):
                continue
            providers = {_normalise(each) for each in distributions.get(module, [module])}
            if not providers & _declared():
                undeclared.append(f"{name_of(path)}:{line} imports {module} of {providers}")
    assert undeclared == []


def test_every_requirement_has_a_lower_bound_and_none_an_upper_one() -> None:
    extras = _PROJECT["optional-dependencies"]
    lines = [*_PROJECT["dependencies"], *(line for each in extras.values() for line in each)]
    loose = [x for x in lines if ">=" not in x and not x.startswith(("cyborg_rr[", "types-"))]
    assert loose == []
    assert [line for line in lines if re.search(r"<|==|~=|!=", line)] == []


def test_every_supported_python_is_declared() -> None:
    assert _PROJECT["requires-python"] == ">=3.11"
    for minor in (11, 12, 13, 14):
        assert f"Programming Language :: Python :: 3.{minor}" in _PROJECT["classifiers"]
