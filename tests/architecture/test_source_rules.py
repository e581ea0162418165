"""House rules that no linter knows, held against the syntax tree of every source file."""

import ast
import sys
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.architecture.tree import PACKAGE, list_imports, list_sources, name_of, parse

_NAMES_THAT_SAY_NOTHING = {"common", "utils", "util", "helpers", "base", "manager", "misc"}

MAX_FILES = 15
"""In one folder; past that it wants rooms."""

MAX_LINES = 400

_MODULES_THAT_RUN_THEIR_INPUT = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "imp"}
_CALLS_THAT_RUN_THEIR_INPUT = {"eval", "exec", "compile", "__import__"}
_SAFE_LOADERS = {"SafeLoader", "CSafeLoader"}
_METHODS_THAT_RUN_THEIR_INPUT = {
    ("yaml", "load"),
    ("yaml", "full_load"),
    ("yaml", "unsafe_load"),
    ("os", "system"),
    ("os", "popen"),
}

_CALLS_WITH_A_WORLD = {"now", "utcnow", "today", "uuid1", "uuid4", "open"}

_STANDARD_MODULES_WITH_A_WORLD = {
    "glob": "input and output",
    "shutil": "input and output",
    "asyncio": "input and output",
    "http": "input and output",
    "io": "input and output",
    "logging": "output",
    "os": "input and output",
    "pathlib": "input and output",
    "random": "chance",
    "secrets": "chance",
    "socket": "input and output",
    "subprocess": "input and output",
    "tempfile": "input and output",
    "threading": "concurrency",
    "time": "a clock",
    "urllib.request": "input and output",
}

# A wide `except` that does not raise again is right where one failure must not end the rest. Each
# file says here what goes on.
_WIDE_EXCEPTS_ALLOWED = {
    "cyborg_rr/cli/measuring/program/main.py": "what a runtime cannot do it says in many ways",
    "cyborg_rr/readers/reading/processes.py": "a copy of a process must not return into its code",
    "cyborg_rr/api/request/walk.py": "the outermost wrapper answers 500 and logs the traceback",
    "cyborg_rr/api/layers.py": "the middleware fails in many ways at what Keystone should not say",
    "cyborg_rr/agent/attach.py": "one handle's failed release must not keep the others bound",
    "cyborg_rr/agent/cleaning/cleaner.py": "a driver that fails leaves its device out of use",
    "cyborg_rr/agent/cleaning/worker.py": "one clean's failure must not stop the others",
    "cyborg_rr/agent/deadlines.py": "what a thread raised is raised again in the one that waits",
    "cyborg_rr/agent/endpoint.py": "what a driver raised crosses the bus as one kind of error",
    "cyborg_rr/agent/service.py": "the report loop goes on with the next host and interval",
    "cyborg_rr/conductor/liveness/background.py": "one host's failure must not stop the others",
    "cyborg_rr/conductor/instances/events.py": "one event's failure must not stop the others",
    "cyborg_rr/conductor/instances/gone.py": "the look is done again at the next interval",
    "cyborg_rr/conductor/publishing/publishers.py": "one publisher's failure is not the others'",
    "cyborg_rr/conductor/publishing/placement.py": "one host's failure must not stop the others",
    "cyborg_rr/conductor/service.py": "the healing loop tries again at the next interval",
    "cyborg_rr/api/health/probe.py": "whatever a check raises, the dependency is not well",
    "cyborg_rr/processes/door/exchange.py": "what fails outside of the API is answered with 500",
    "cyborg_rr/processes/door/loop.py": "one connection's failure must not stop all others",
    "cyborg_rr/processes/door/server.py": "a worker outlives what one caller does",
    "cyborg_rr/rpc/bounded.py": "what a thread raised is raised again in the thread that waits",
    "cyborg_rr/drivers/privileged/acts.py": "a helper that does not start fails in many ways",
    "cyborg_rr/drivers/loading.py": "one driver's failure must not hide another's devices",
}

# Each file beside conf/ and processes/ that looks into oslo.config's object, and what for.
_READS_OF_OPTIONS_ALLOWED = {
    "cyborg_rr/api/layers.py": "Keystone's middleware has no other way to set and tell its options",
    "cyborg_rr/rpc/transport.py": "oslo.messaging reads options there that it forgets to declare",
}


def _find_reads_of_options(tree: ast.Module) -> Iterator[int]:
    """Lines that look into a configuration, which is called ``conf`` everywhere."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Subscript) and _last_name(node.value) == "conf":
            yield node.lineno


def _find_wide_excepts(tree: ast.Module) -> Iterator[int]:
    """Lines of handlers that catch everything and do not end by raising it again."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ExceptHandler):
            continue
        last = node.body[-1]
        if isinstance(last, ast.Raise) and last.exc is None:
            continue
        caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
        for each in caught:
            if each is None or _last_name(each) in {"Exception", "BaseException"}:
                yield node.lineno


def _last_name(node: ast.expr) -> str:
    """``c`` of ``a.b.c``; empty for what is no name."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _has_safe_loader(call: ast.Call, tree: ast.Module) -> bool:
    """Tell whether a yaml.load() names a safe loader, or a name of its file that stands for one."""
    loaders = {_last_name(k.value) for k in call.keywords if k.arg == "Loader"}
    own = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and {_last_name(b) for b in node.bases} & _SAFE_LOADERS:
            own.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            given = _list_loaders(node.value)
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if given and given <= _SAFE_LOADERS:
                own.update(map(_last_name, targets))
    return bool(loaders) and loaders <= _SAFE_LOADERS | own


def _list_loaders(value: ast.expr) -> set[str]:
    """Every loader that an expression could give: names, and texts as in getattr()."""
    names = {_last_name(each) for each in ast.walk(value) if isinstance(each, ast.expr)}
    texts = {str(each.value) for each in ast.walk(value) if isinstance(each, ast.Constant)}
    return {name for name in names | texts if name.endswith("Loader")}


def _find_running_of_input(tree: ast.Module) -> Iterator[str]:
    """Places where data could become running code."""
    for line, name in list_imports(tree):
        if name.split(".")[0] in _MODULES_THAT_RUN_THEIR_INPUT:
            yield f"{line} imports {name}"
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Name) and called.id in _CALLS_THAT_RUN_THEIR_INPUT:
            yield f"{node.lineno} calls {called.id}"
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
            method = (called.value.id, called.attr)
            safe = method == ("yaml", "load") and _has_safe_loader(node, tree)
            if method in _METHODS_THAT_RUN_THEIR_INPUT and not safe:
                yield f"{node.lineno} calls {called.value.id}.{called.attr}"
        for keyword in node.keywords:
            if keyword.arg == "shell" and not (
                isinstance(keyword.value, ast.Constant) and keyword.value.value is False
            ):
                yield f"{node.lineno} passes shell="


def test_every_module_has_a_name_that_says_what_it_holds() -> None:
    vague = [
        name_of(path)
        for path in PACKAGE.rglob("*")
        if path.stem.strip("_") in _NAMES_THAT_SAY_NOTHING and path.suffix in {".py", ""}
    ]
    assert vague == []


def test_no_room_is_overfull() -> None:
    count = Counter(path.parent for path in list_sources() if path.name != "__init__.py")
    assert {name_of(room): files for room, files in count.items() if files > MAX_FILES} == {}


def test_no_file_has_grown_out_of_one_reading() -> None:
    lines = {name_of(path): path.read_text().count("\n") for path in list_sources()}
    assert {name: count for name, count in lines.items() if count > MAX_LINES} == {}


def test_nothing_runs_what_it_reads() -> None:
    found = [
        f"{name_of(path)}:{what}"
        for path in list_sources()
        for what in _find_running_of_input(parse(path))
    ]
    assert found == []


def test_the_domain_imports_the_standard_library_only() -> None:
    foreign = [
        f"{name_of(path)}:{line} imports {name}"
        for path in list_sources()
        if path.is_relative_to(PACKAGE / "domain")
        for line, name in list_imports(parse(path))
        if name.split(".")[0] not in sys.stdlib_module_names
        and not name.startswith("cyborg_rr.domain.")
    ]
    assert foreign == []


def test_the_domain_has_no_input_no_output_no_clock_and_no_chance() -> None:
    worldly = [
        f"{name_of(path)}:{line} imports {name}, which brings {what}"
        for path in list_sources()
        if path.is_relative_to(PACKAGE / "domain")
        for line, name in list_imports(parse(path))
        for module, what in _STANDARD_MODULES_WITH_A_WORLD.items()
        if name == module or name.startswith(f"{module}.")
    ]
    assert worldly == []


def test_the_domain_never_asks_the_clock_or_for_chance() -> None:
    found = [
        f"{name_of(path)}:{node.lineno} calls {_last_name(node.func)}"
        for path in list_sources()
        if path.is_relative_to(PACKAGE / "domain")
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Call) and _last_name(node.func) in _CALLS_WITH_A_WORLD
    ]
    assert found == []


def test_everything_is_caught_only_where_a_reason_is_given() -> None:
    wide = {
        name_of(path): sorted(_find_wide_excepts(parse(path)))
        for path in list_sources()
        if any(True for _ in _find_wide_excepts(parse(path)))
    }
    unexplained = {name: lines for name, lines in wide.items() if name not in _WIDE_EXCEPTS_ALLOWED}
    assert unexplained == {}
    assert sorted(set(_WIDE_EXCEPTS_ALLOWED) - set(wide)) == [], "allowed, but not there any more"


def test_options_are_read_where_processes_are_wired() -> None:
    wired = (PACKAGE / "conf", PACKAGE / "processes")
    reads = {
        name_of(path)
        for path in list_sources()
        if not any(path.is_relative_to(room) for room in wired)
        and any(True for _ in _find_reads_of_options(parse(path)))
    }
    assert sorted(reads) == sorted(_READS_OF_OPTIONS_ALLOWED)


def test_nothing_patches_the_standard_library_for_green_threads() -> None:
    patching = [
        f"{name_of(path)}:{line}"
        for path in list_sources()
        for line, name in list_imports(parse(path))
        if name.split(".")[0] in {"eventlet", "gevent", "greenlet"}
    ]
    assert patching == []


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("serve(conf)", []),
        ("from cyborg_rr.conf import opts", []),
        ("x = 1\nport = conf.api.port", [2]),
        ("services.conf.readers", [1]),
        ("conf['api']", [1]),
        ("dict(self.conf.database)", [1]),
    ],
)
def test_the_rule_on_options_finds_their_reads(code: str, lines: list[int]) -> None:
    assert list(_find_reads_of_options(ast.parse(code))) == lines


@pytest.mark.parametrize(
    ("code", "places"),
    [
        ("try:\n    f()\nexcept OSError:\n    pass\n", []),
        ("try:\n    f()\nexcept:\n    pass\n", [3]),
        ("try:\n    f()\nexcept (ValueError, Exception) as e:\n    print(e)\n", [3]),
        ("try:\n    f()\nexcept BaseException:\n    undo()\n    raise\n", []),
    ],
)
def test_the_rule_on_wide_excepts_finds_them(code: str, places: list[int]) -> None:
    assert list(_find_wide_excepts(ast.parse(code))) == places


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("from pickle import loads", ["1 imports pickle.loads"]),
        ("eval('1')", ["1 calls eval"]),
        ("import re\nre.compile('a')", []),
        ("yaml.load(text)", ["1 calls yaml.load"]),
        ("yaml.load(text, Loader=yaml.Loader)", ["1 calls yaml.load"]),
        ("yaml.load(text, Loader=yaml.CSafeLoader)", []),
        ("class Strict(yaml.SafeLoader):\n    pass\nyaml.load(text, Loader=Strict)", []),
        ("L: Any = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)\nyaml.load(text, Loader=L)", []),
        (
            "L = getattr(yaml, 'CLoader', yaml.SafeLoader)\nyaml.load(t, Loader=L)",
            ["2 calls yaml.load"],
        ),
        ("subprocess.run(line, shell=True)", ["1 passes shell="]),
    ],
)
def test_the_rule_on_running_input_finds_it(code: str, found: list[str]) -> None:
    assert list(_find_running_of_input(ast.parse(code))) == found
