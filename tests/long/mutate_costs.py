"""Proves that the hand-counted cases hold every cost rule: ``python -m tests.long.mutate_costs``.

Makes mutants of the cost rules, one small mistake each, and asks the cases of
``tests/unit/graph/operations`` about them. The exit status is 0 when some case notices each mutant
that ``excuses`` does not list.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from cyborg_rr.domain.graph.operations.registry import REGISTRY
from tests.long.excuses import EQUIVALENT, WRONG_TODAY
from tests.long.mutants import Mutant, differs, is_noticed, list_mutants
from tests.long.rules import get_function
from tests.unit.graph.operations.counting import Operation, TypedCase, list_cases, type_case

PACKAGE = "cyborg_rr.domain.graph.operations"


def main(arguments: Sequence[str]) -> int:
    """Judge every mutant and say what was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.long.mutate_costs", description=__doc__)
    parser.add_argument("--list", action="store_true", help="print every mutant and its fate")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    cases = _type_cases()
    wrong = [c for of_one in cases.values() for c in of_one if differs(c, _operation(c))]
    for case in wrong:
        print(f"the rule of {case.case.operation} is not what was counted: {case.case.sentence}")
    mutants = list(list_mutants(REGISTRY, PACKAGE))
    survivors = []
    for mutant in mutants:
        noticed = is_noticed(mutant, REGISTRY, cases)
        if options.list:
            print(f"{'killed  ' if noticed else 'survived'} {mutant.place}: {mutant.change}")
        if not noticed:
            survivors.append(mutant)
    unexcused = _report(mutants, survivors)
    print(f"{sum(map(len, cases.values()))} cases, {time.monotonic() - started:.1f} s")
    return 1 if wrong or unexcused else 0


def _operation(case: TypedCase) -> Operation:
    return REGISTRY[case.case.operation]


def _type_cases() -> Mapping[str, Sequence[TypedCase]]:
    cases: dict[str, list[TypedCase]] = defaultdict(list)
    for case in list_cases():
        cases[case.operation].append(type_case(case))
    return cases


def _report(mutants: Sequence[Mutant], survivors: Sequence[Mutant]) -> bool:
    """Print the counts and what nothing excuses; whether there was such."""
    excuses = {**EQUIVALENT, **WRONG_TODAY}
    found = Counter((mutant.place, mutant.change) for mutant in survivors)
    unexcused = [mutant for mutant in survivors if (mutant.place, mutant.change) not in excuses]
    for mutant in unexcused:
        print(f"survived: {mutant.place}: {mutant.change}")
    idle = [key for key in excuses if key not in found]
    for place, change in idle:
        print(f"excuses nothing any more: {place}: {change}")
    excused = Counter(
        "equivalent" if (m.place, m.change) in EQUIVALENT else "wrong today"
        for m in survivors
        if m not in unexcused
    )
    rules = len({get_function(operation.cost).__code__ for operation in REGISTRY.values()})
    print(
        f"{rules} rules of {len(REGISTRY)} operations, {len(mutants)} mutants: "
        f"{len(mutants) - len(survivors)} killed, {excused['equivalent']} equivalent, "
        f"{excused['wrong today']} of rules that are wrong today, {len(unexcused)} survived"
    )
    return bool(unexcused or idle)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
