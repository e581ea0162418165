"""IREE as something that answers for one target, whatever was answered before kept in a file."""

from __future__ import annotations

import hashlib
import importlib
import itertools
import json
import os
import resource
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from lowering.compiler import FRONT, TAKEN, TARGETS, WHOLE, Compiler
from lowering.signatures import list_parts
from lowering.versions import Question, Versions
from probing.asking import DIED, Ask, Process
from probing.remembering import read_kept

Read = Callable[[bytes], str]
"""Makes a text of a model, such as that of a module; it raises for what it refuses."""

_SECONDS = 600.0
"""Wall clock, which is for the worst: what a question may take is counted in seconds of work."""

_WORK = {FRONT: (1, 0.05), WHOLE: (3, 0.4)}
"""Seconds of processor time for a question, and for each model in it."""

_AT_ONCE = {FRONT: 64, WHOLE: 24}
"""So many functions are compiled as one module."""

_LONGEST = 1 << 20

_FEW = 8

_NOTHING = "func.func @nothing() {\n  return\n}"
"""A first function, which makes the compiler load what it needs for any other one."""

_BY_TYPE = "stablehlo"
"""The kind whose operations are asked for in all pairs of element types."""

_LOADED = ("onnx", "iree.compiler.api", "iree.compiler.extras.onnx_importer")
"""Modules that take long to load: a process that is started finds them loaded."""


def start(kind: str, read: Read) -> Callable[[], Ask]:
    """What makes the compiler; it is asked with a target, a phase and models, all as JSON."""

    def make() -> Ask:
        compiler = Compiler(kind)
        for target in TARGETS:
            compiler.compile([_NOTHING], target, FRONT)

        def ask(data: bytes) -> str:
            target, phase, models = json.loads(data)
            return answer_apart(
                lambda: json.dumps(
                    _compile(compiler, read, target, phase, models, kind == _BY_TYPE)
                ),
                lambda: limit_work(phase, len(models)),
            )

        return ask

    return make


def answer_apart(work: Callable[[], str], prepare: Callable[[], None]) -> str:
    """What work makes in a process of its own, which begins with all that this one has loaded."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        prepare()
        with os.fdopen(writer, "w") as pipe:
            pipe.write(work())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    return DIED if status else said


def limit_work(phase: str, count: int) -> None:
    """Let the process die of what takes too long."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    least, each = _WORK[phase]
    seconds = int(used.ru_utime + used.ru_stime + least + each * count) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))


def _compile(
    compiler: Compiler,
    read: Read,
    target: str,
    phase: str,
    models: Sequence[str],
    by_type: bool,
) -> list[str]:
    answers, texts = {}, {}
    for index, model in enumerate(models):
        try:
            texts[index] = read(bytes.fromhex(model))
        except Exception as error:  # noqa: BLE001  importers refuse in any way
            answers[index] = f"import: {error}".replace("\n", " ")[:160]
    for index, said in zip(
        texts, compiler.compile(list(texts.values()), target, phase), strict=True
    ):
        is_lowered = said.startswith(TAKEN) and phase == FRONT
        answers[index] = TAKEN + list_parts(said, by_type=by_type) if is_lowered else said[:160]
    return [answers[index] for index in range(len(models))]


class Iree:
    """Asks the compiler in a process of its own, with many models at once.

    All targets are alike up to linear algebra. For each target code is made of what is lowered to
    an operation, on element types, that is in nothing yet of which code could be made. Of what is
    refused, too: that nothing else can be made of the same operations is never concluded.
    """

    def __init__(
        self, kind: str, read: Read, identify: Callable[[bytes], Question], kept: Path
    ) -> None:
        self._identify = identify
        self._versions = Versions()
        self._risky: set[str] = set()
        for name in _LOADED:
            importlib.import_module(name)
        self._process = Process(start(kind, read), _SECONDS, _LONGEST)
        self._known: dict[str, str] = {}
        self._compiled: dict[str, set[str]] = defaultdict(set)
        self._refused: dict[str, set[str]] = defaultdict(set)
        for key, answer in read_kept(kept):
            self._keep(key, answer)
        self._log = kept.open("a", encoding="utf-8")

    def ask_many(self, models: Sequence[bytes], target: str) -> list[str]:
        """What is said against each model; nothing where it compiles for the target."""
        keys = [hashlib.sha256(model).hexdigest()[:24] for model in models]
        self._ask_front(dict(zip(keys, models, strict=True)), target)
        lowered = {
            self._known[key]: model
            for key, model in zip(keys, models, strict=True)
            if self._known[key].startswith(TAKEN)
        }
        while chosen := self._choose(lowered, target):
            self._fill(chosen, target, WHOLE, target)
        return [self._judge(self._known[key], target) for key in keys]

    def _ask_front(self, models: Mapping[str, bytes], target: str) -> None:
        """Fill in what is said in front; what follows from other versions is not asked."""
        questions = {key: self._identify(model) for key, model in models.items()}
        while True:
            for key, question in questions.items():
                found = self._known.get(key) or self._versions.find(question)
                if found is not None:
                    self._known[key] = found
                    self._versions.keep(question, found)
            unknown = {key: each for key, each in questions.items() if key not in self._known}
            if not unknown:
                return
            chosen = self._versions.choose(unknown)
            self._fill({key: models[key] for key in chosen}, target, FRONT, "")

    def _choose(self, lowered: Mapping[str, bytes], target: str) -> dict[str, bytes]:
        """Models with something in them of which no code was made, nor tried in others.

        Where all such was tried in others, which were refused: some of them, each for itself.
        """
        compiled, refused = self._compiled[target], self._refused[target]
        fresh: dict[str, bytes] = {}
        doubtful: dict[str, bytes] = {}
        parts: set[str] = set()
        for key, model in lowered.items():
            new = set(key.removeprefix(TAKEN).split()) - compiled
            if not new or target + key in self._known:
                continue
            if new <= refused:
                doubtful[key] = model
            elif not new <= parts:
                fresh[key] = model
                parts |= new
        return fresh or dict(itertools.islice(doubtful.items(), _AT_ONCE[WHOLE]))

    def _judge(self, said: str, target: str) -> str:
        """What is said against a model for a target, by what was said of it in front."""
        if not said.startswith(TAKEN):
            return said
        answer = self._known.get(target + said, TAKEN)
        return "" if answer == TAKEN else answer

    def _keep(self, key: str, answer: str) -> None:
        self._known[key] = answer
        target, is_whole, text = key.partition(TAKEN)
        parts = set(text.split())
        if is_whole and answer == TAKEN:
            self._compiled[target] |= parts
        elif is_whole:
            self._refused[target] |= parts

    def _fill(self, models: dict[str, bytes], target: str, phase: str, before: str) -> None:
        keys = list(models)
        for begin in range(0, len(keys), _AT_ONCE[phase]):
            some = keys[begin : begin + _AT_ONCE[phase]]
            answers = self._split([models[key] for key in some], target, phase)
            for key, answer in zip(some, answers, strict=True):
                self._keep(before + key, answer)
                self._log.write(json.dumps((before + key, answer)) + "\n")
            self._log.flush()
        if keys:
            print(target, phase, len(keys), "of", len(self._known), file=sys.stderr, flush=True)

    def _split(self, models: Sequence[bytes], target: str, phase: str) -> list[str]:
        """The answers to all: those of operations that the compiler has died of one by one."""
        questions = [self._identify(model) for model in models]
        answers = {}
        safe = []
        for place, question in enumerate(questions):
            if question.operation not in self._risky:
                safe.append(place)
            else:
                answers[place] = self._ask([models[place]], target, phase)[0]
        if safe:
            answers.update(
                zip(safe, self._ask([models[place] for place in safe], target, phase), strict=True)
            )
        return [answers[place] for place in range(len(models))]

    def _ask(self, models: Sequence[bytes], target: str, phase: str) -> list[str]:
        """The answers to all; where the compiler dies of one, to a few at a time."""
        said = self._process(json.dumps([target, phase, _write(models)]).encode())
        if said != DIED:
            return list(json.loads(said))
        if len(models) == 1:
            question = self._identify(models[0])
            self._risky.add(question.operation)
            print(f"{DIED}: {question.operation}", file=sys.stderr, flush=True)
            return [DIED]
        size = _FEW if len(models) > _FEW else 1
        parts = [models[begin : begin + size] for begin in range(0, len(models), size)]
        return [each for part in parts for each in self._split(part, target, phase)]


def _write(models: Iterable[bytes]) -> list[str]:
    return [model.hex() for model in models]
