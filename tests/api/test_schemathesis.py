"""Whatever fits the API's description, and whatever does not, asked as each role: no failure inside, answers as described.

Every run affords a few cases for each operation; `make fuzz` (EXAMINER_FUZZ=100) takes all of them and a hundred by chance.
"""

import itertools
import json
import os
import sys

import pytest
from fuzzing import EXCLUDED, ROLES, aimed, make_world, schema_of
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

FUZZ = int(os.environ.get("EXAMINER_FUZZ", "0"))
MODES = list(GenerationMode)
load_all_checks()
# What sends further requests of its own is for the long run.
SLOW = frozenset() if FUZZ else frozenset({"ignored_auth", "ensure_resource_availability", "use_after_free"})
CHECKED = [check for check in CHECKS.get_all() if check.__name__ not in EXCLUDED | SLOW]
SCHEMA = schema_of()
OPERATIONS = {made.ok().label: made.ok() for made in SCHEMA.get_all_operations()}
turns = itertools.count()


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    from examiner.service import limiting as limits

    real = limits.Buckets.take
    made = make_world(str(tmp_path_factory.mktemp("home")))
    SCHEMA.app = made.client.app
    for operation in OPERATIONS.values():
        operation.app = made.client.app
    with made.client:
        yield made
    limits.Buckets.take = real
    made.house.ledger.close()
    told = {
        "operations": len({label for label, _ in made.asked}),
        "operations_by_role": len(made.asked),
        "requests": sum(made.asked.values()),
        "answers": dict(sorted(made.answered.items())),
    }
    sys.stderr.write(f"\n{json.dumps(told)}\n")


def ask(world, case, role):
    aimed(world, case, role)
    session = str((case.path_parameters or {}).get("session", ""))
    response = case.call(headers=world.headers(role, session))
    world.asked[case.operation.label, role] += 1
    world.answered[response.status_code] += 1
    case.validate_response(response, checks=CHECKED)


@pytest.mark.parametrize("label", OPERATIONS)
def test_the_bounds_of_every_operation(world, label):
    cases = SCHEMA.iter_coverage_cases(
        OPERATIONS[label], generation_modes=MODES, generation_config=SCHEMA.config.generation
    )
    for case in cases if FUZZ else itertools.islice(cases, 3):
        ask(world, case, ROLES[next(turns) % len(ROLES)])


@pytest.mark.parametrize("label", OPERATIONS)
def test_every_operation_as_every_role(world, label):
    @settings(max_examples=FUZZ or 1, suppress_health_check=list(HealthCheck), deadline=None, database=None)
    @given(fits=OPERATIONS[label].as_strategy(MODES[0]))
    def tried(fits):
        for role in ROLES:
            ask(world, fits, role)

    tried()
