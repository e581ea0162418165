"""From an exported program to a block: its signature says what each input of its graph is."""

from __future__ import annotations

from collections.abc import Mapping

from cyborg_rr.domain.errors import UnreadableModel
from cyborg_rr.domain.graph.graph import Block, StoredLocation, StoredTensor, TensorType
from cyborg_rr.domain.graph.naming import list_names, quote
from cyborg_rr.domain.words import find_element_type
from cyborg_rr.readers.formats.json_values import get_field, get_list, get_mapping, get_text
from cyborg_rr.readers.torchexport.graph import Place, Translation
from cyborg_rr.readers.torchexport.package import Package
from cyborg_rr.readers.torchexport.values import NUMBER_TYPES, get_choice, get_name

_STORED = {
    "parameter": "parameter_name",
    "buffer": "buffer_name",
    "tensor_constant": "tensor_constant_name",
}
"""Kinds of inputs that the program brings along, and where their names in the module stand."""

_MUTATED = {"buffer_mutation", "user_input_mutation", "parameter_mutation"}
_NUMBERS = {f"as_{kind}": element_type for kind, element_type in NUMBER_TYPES.items()}


class Program:
    """One package on its way to a block, with what a user should be told about it."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._graph = package.program.graph
        self._signature = package.program.signature
        self._translation = Translation()
        self._types = self._graph.types
        self._inputs: dict[str, TensorType] = {}
        self._members: dict[str, str] = {}
        self._absent: list[str] = []
        self._objects: list[str] = []
        self._shared: list[str] = []
        self._state: list[str] = []

    def read(self) -> Block:
        """The block of the whole program."""
        scope = self._translation.scope
        self._define_inputs()
        names = self._translation.names
        place = Place(self._types, names, scope)
        nodes = tuple(self._translation.nodes(self._graph.take_nodes(), place))
        outputs, aliased = self._list_outputs()
        self._drop_twins(set(outputs))
        return Block(
            inputs=self._inputs,
            outputs=outputs,
            nodes=nodes,
            stored=scope.stored,
            types={
                name: known
                for name, known in scope.types.items()
                if name not in scope.stored and name not in self._inputs
            },
            aliased_outputs=aliased,
        )

    # ---- inputs

    def _define_inputs(self) -> None:
        values = get_list(
            get_field(self._graph.fields, "inputs", "the graph"), "the graph's inputs"
        )
        what = "the signature"
        specs = get_list(get_field(self._signature, "input_specs", what), "input_specs")
        if len(values) != len(specs):
            raise UnreadableModel(f"{len(values)} inputs do not fit {len(specs)} in the signature")
        for value, spec in zip(values, specs, strict=True):
            kind, stated = get_choice(spec, "an input of the signature")
            if kind in _STORED:
                self._define_stored(value, kind, get_mapping(stated, kind))
            elif kind == "user_input":
                self._define_input(value)
            elif kind == "token":
                token = get_name(get_field(stated, "arg", kind), "a token")
                self._translation.scope.define(token, None)
                self._translation.tokens.add(token)
            elif kind == "custom_obj":
                self._objects.append(str(get_mapping(stated, kind).get("custom_obj_name", "")))

    def _list_values(self, kind: str) -> list[object]:
        """The records of what the graph is given, or yields."""
        return get_list(get_field(self._graph.fields, kind, "the graph"), f"the graph's {kind}")

    def _define_input(self, value: object) -> None:
        """A tensor or a size that the caller gives; a constant is none."""
        kind, inner = get_choice(value, "an input of the graph")
        if kind == "as_tensor":
            name = get_name(inner, "an input of the graph")
            known = self._get_type(name)
        elif kind in _NUMBERS:
            choice, symbol = get_choice(inner, "an input of the graph")
            if choice != "as_name":
                return
            name, known = get_text(symbol, "an input"), TensorType(_NUMBERS[kind], ())
        else:
            return
        self._translation.scope.define(name, known)
        self._inputs[name] = known

    def _get_type(self, name: str) -> TensorType:
        known = self._types.get(name)
        if known is None:
            raise UnreadableModel(f"input {quote(name)} has no type")
        return known

    def _define_stored(self, value: object, kind: str, spec: Mapping[str, object]) -> None:
        """A tensor that the program brings; those that share their memory are one."""
        choice, inner = get_choice(value, "an input of the graph")
        if choice != "as_tensor":
            raise UnreadableModel(f"a {kind} of the signature is not a tensor of the graph")
        name = get_name(inner, "an input of the graph")
        path = get_text(get_field(spec, _STORED[kind], kind), f"the name of a {kind}")
        known, scope = self._get_type(name), self._translation.scope
        member = self._package.places.get(path)
        twin = self._members.get(member) if member is not None else None
        if twin is not None and scope.types[twin] == known:
            if name in self._translation.names.known or scope.defines(name):
                raise UnreadableModel(f"value {quote(name)} is defined a second time")
            self._translation.names.known[name] = twin
            return
        if twin is not None:
            self._shared.append(path)
        location = self._locate(path, member, name)
        if member is not None:
            self._members.setdefault(member, name)
        scope.define(name, known)
        element = find_element_type(known.element_type)
        lasting = kind == "parameter" or (kind == "buffer" and spec.get("persistent") is not False)
        if lasting:
            self._state.append(name)
        learnt = kind == "parameter" or (lasting and element is not None and element.may_be_weights)
        scope.stored[name] = StoredTensor(known, "parameter" if learnt else "constant", location)

    def _locate(self, path: str, member: str | None, name: str) -> StoredLocation:
        """Whether the package holds the tensor; one that is cut short cannot be."""
        size = None if member is None else self._package.sizes.get(member)
        held = size is not None if self._package.places else self._package.holds_weights
        if not held:
            self._absent.append(path)
            return "absent"
        needed = self._count_bytes(name)
        if size is not None and size < needed:
            raise UnreadableModel(
                f"tensor {quote(path)} takes {needed} bytes and has {size} in the archive"
            )
        return "inline"

    def _count_bytes(self, name: str) -> int:
        """The bytes between a tensor's first and last element: a repeated one takes few."""
        known = self._types[name]
        strides = self._graph.strides.get(name)
        if strides is None or known.shape is None or len(strides) != len(known.shape):
            return known.byte_size or 0
        last, element = 0, find_element_type(known.element_type)
        for size, stride in zip(known.shape, strides, strict=True):
            if not isinstance(size, int) or size == 0 or stride < 0:
                return 0
            last += (size - 1) * stride
        return 0 if element is None else ((last + 1) * element.bits + 7) // 8

    # ---- outputs

    def _list_outputs(self) -> tuple[tuple[str, ...], dict[int, str]]:
        """What the program yields, and which of it takes over the memory of an input."""
        values = get_list(
            get_field(self._graph.fields, "outputs", "the graph"), "the graph's outputs"
        )
        specs = get_list(
            get_field(self._signature, "output_specs", "the signature"), "output_specs"
        )
        if len(values) != len(specs):
            raise UnreadableModel(f"{len(values)} outputs do not fit {len(specs)} in the signature")
        names: dict[str, None] = {}
        targets: dict[str, str] = {}
        for value, spec in zip(values, specs, strict=True):
            name = self._find_output(value)
            if name is None or name in self._translation.tokens:
                continue
            names.setdefault(name)
            kind, stated = get_choice(spec, "an output of the signature")
            if kind == "user_input_mutation":
                target = get_mapping(stated, kind).get("user_input_name")
                if isinstance(target, str) and target in self._inputs:
                    targets[name] = target
        places = {name: place for place, name in enumerate(names)}
        return tuple(names), {places[name]: target for name, target in targets.items()}

    def _find_output(self, value: object) -> str | None:
        """The name of a result; None for a number that the exporter knew."""
        kind, inner = get_choice(value, "an output of the graph")
        if kind == "as_tensor":
            name = get_name(inner, "an output of the graph")
        elif kind in _NUMBERS:
            choice, symbol = get_choice(inner, "an output of the graph")
            if choice != "as_name":
                return None
            name = get_text(symbol, "an output of the graph")
        else:
            return None
        name = self._translation.names(name)
        if not self._translation.scope.defines(name):
            raise UnreadableModel(f"graph output {quote(name)} is never defined")
        return name

    # ---- weights that share their memory, where only all of them together are known

    def _drop_twins(self, outputs: set[str]) -> None:
        """Leave out tensors that nothing reads as far as the memories in the package are fewer.

        torch.export gives what several names share one of the names, so that the others are not
        read.
        """
        if self._package.storage_bytes is None:
            return
        scope = self._translation.scope
        kept = self._state
        excess = sum(scope.types[name].byte_size or 0 for name in kept)
        excess -= self._package.storage_bytes
        twins = {scope.types[name] for name in kept if name in scope.read}
        for name in kept:
            size = scope.types[name].byte_size or 0
            unread = name not in scope.read and name not in outputs
            if not unread or not 0 < size <= excess:
                continue
            if scope.types[name] in twins:
                del scope.stored[name], scope.types[name]
                excess -= size
        if excess > 0:
            self._shared.extend(kept)

    def warnings(self) -> list[str]:
        """What a user should know, one sentence each."""
        told: list[str] = []
        if self._absent:
            told.append(
                f"{len(self._absent)} tensors have no data in this file: "
                f"{list_names(self._absent, 3)}"
            )
        if self._shared:
            told.append(
                f"tensors may share memory and are counted apart: {list_names(self._shared, 3)}"
            )
        if self._objects:
            told.append(f"objects that are no tensors were not read: {list_names(self._objects)}")
        return told
