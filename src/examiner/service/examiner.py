"""Everything wired once: settings to vault, ledger, judge, policy, clock and ids."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from examiner.calibration.gate import Policy
from examiner.calibration.policies import read_policy
from examiner.domain.errors import NotFound
from examiner.domain.question import Instance
from examiner.domain.rubric import Rubric
from examiner.settings import Settings
from examiner.vault.content import content_root
from examiner.vault.model import Vault
from examiner.vault.read import read
from examiner.vault.render import render

if TYPE_CHECKING:
    from examiner.store.presence import Presence
    from examiner.store.registry import Registry

_REMEMBERED = 512


class Examiner:
    """One process's examiner. Parts are made when they are first needed.

    Args:
        settings: where things are and which judge and policy apply.
        clock: gives the server's time, timezone-aware UTC.
        new_id: gives a fresh id with a prefix.
        ledger: an open ledger; by default the one the settings name.

    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], datetime] | None = None,
        new_id: Callable[[str], str] | None = None,
        ledger: Any = None,
    ) -> None:
        self.settings = settings
        self._instances: dict[str, Instance] = {}  # answers to one question come in numbers
        self._replayed: dict[str, dict[str, Any]] = {}  # by tenant: a foreign sitting is in no memory either
        self.clock = clock or (lambda: datetime.now(UTC))
        self.new_id = new_id or (lambda prefix: f"{prefix}-{secrets.token_hex(5)}")
        if ledger is not None:
            self.ledger = ledger

    @cached_property
    def root(self) -> Path:
        """The content folder."""
        return content_root(self.settings.content or None)

    @cached_property
    def vault(self) -> Vault:
        """The question bank, from its build cache when warm."""
        return read(self.root, self.settings.cache_path)

    @cached_property
    def ledger(self) -> Any:
        """The event log, opened and migrated."""
        from examiner.store.ledger import Ledger  # noqa: PLC0415 - reading the vault needs no database

        if not self.settings.database:
            self.settings.home_path.mkdir(parents=True, exist_ok=True)
        return Ledger.open(self.settings.database_url)

    @cached_property
    def registry(self) -> "Registry":
        """The rows beside the event log: keys, links, people."""
        from examiner.store.registry import Registry  # noqa: PLC0415 - reading the vault needs no database

        return Registry(self.ledger)

    @cached_property
    def presence(self) -> "Presence":
        """This process among those that work on the database."""
        from examiner.store.presence import Presence  # noqa: PLC0415 - reading the vault needs no database

        return Presence(self.ledger.engine)

    @property
    def replayed(self) -> dict[str, Any]:
        """States of the tenant's sittings as they were replayed last, with the number of their last event."""
        from examiner.store.tenancy import current  # noqa: PLC0415 - reading the vault needs no database

        return self._replayed.setdefault(current(), {})

    @property
    def home(self) -> Path:
        """The folder of the tenant's own files; the default tenant's is the home itself."""
        from examiner.store.tenancy import DEFAULT, current  # noqa: PLC0415 - reading the vault needs no database

        home = self.settings.home_path
        return home if current() == DEFAULT else home / "tenants" / current()

    @cached_property
    def behind(self) -> set[tuple[str, str]]:
        """Tenants and sessions whose rows of what waits were not brought up to date."""
        return set()

    @cached_property
    def looked(self) -> set[str]:
        """The tenants whose rows of what waits this process has compared with the events."""
        return set()

    @cached_property
    def thinking(self) -> set[str]:
        """The sittings whose next question this process is choosing."""
        return set()

    @cached_property
    def judge(self) -> Any:
        """The judge that the settings name."""
        return self.judge_named(self.settings.judge)

    def judge_named(self, name: str, *, anew: bool = False) -> Any:
        """Return a judge by name; `anew`, a model is asked even what the journal knows.

        Raises NotFound, Invalid, NoCredentials.
        """
        from examiner.judge.bench import asks_a_model, open_judge  # noqa: PLC0415 - only commands that judge need it

        if not asks_a_model(name):
            return open_judge(name)
        from examiner.llm.budget import Budget, Ceiling  # noqa: PLC0415
        from examiner.llm.cassette import Cassette  # noqa: PLC0415
        from examiner.service.judges import open_guarded  # noqa: PLC0415
        from examiner.service.spending import dollars  # noqa: PLC0415

        ceiling = Ceiling(usd=dollars(self.settings.session_usd, "session_usd"))
        budget = Budget(ceiling, name="session", parent=self.purse)
        journal = None if anew else Cassette(self.settings.home_path / "replies.jsonl", "resume")
        judge = open_guarded(self, name, run=self.portal.run, budget=budget, cassette=journal)
        self.portal.at_close(judge.close)
        return judge

    @cached_property
    def interviewing(self) -> Any:
        """The interviewer that the settings name, where a model words the follow-ups."""
        from examiner.service.interviewing import Interviewing  # noqa: PLC0415 - only where a model is asked

        return Interviewing(self, self.settings.interviewer)

    @cached_property
    def portal(self) -> Any:
        """The event loop behind callers that are not async."""
        from examiner.service.portal import Portal  # noqa: PLC0415 - only where a model is asked

        return Portal()

    @cached_property
    def spending(self) -> Any:
        """The books of what models cost."""
        from examiner.service.spending import Spending  # noqa: PLC0415

        return Spending(self.settings.home_path / "spending.jsonl", self.clock)

    @cached_property
    def limited(self) -> dict[str, tuple[float, bool]]:
        """Whether a limit on models stands for a tenant, and when that was looked up."""
        return {}

    @cached_property
    def purse(self) -> Any:
        """What all uses of models may spend: the tenant's limits, and the home's ceiling where one is set."""
        from examiner.service.budgets import TenantBudget  # noqa: PLC0415 - only where a model is asked
        from examiner.service.spending import project_budget  # noqa: PLC0415

        return project_budget(self.settings, self.spending, TenantBudget(self))

    @cached_property
    def policy(self) -> Policy:
        """The release policy."""
        return self.policy_named(self.settings.policy)

    def policy_named(self, name: str) -> Policy:
        """Return a policy by name. Raises NotFound."""
        return read_policy(self.root, name)

    def instance(self, ref: str) -> Instance:
        """Return the instance of `family` or `family@seed`. Raises NotFound, Invalid."""
        known = self._instances.get(ref)
        if known is not None:
            return known
        family, _, seed = ref.partition("@")
        if seed and not seed.isdigit():
            raise NotFound(f"no variant '{seed}' of '{family}'", hint="a variant is a number, as in kv-concurrency@7")
        if len(self._instances) >= _REMEMBERED:
            self._instances.clear()
        made = self._instances[ref] = render(self.vault.family(family), self.vault.tables, int(seed or 0))
        return made

    def rubric(self, instance: Instance) -> Rubric:
        """Return the criterion definitions that apply to an instance."""
        return self.vault.rubric_for(instance.kind)
