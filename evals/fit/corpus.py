"""The vault's own prose, each family drawn once: what the bundled weights are made from. No human label is in it."""

from collections.abc import Iterator

from examiner.domain.question import Instance
from examiner.evals.candidates import Script, read_scripts, values_of
from examiner.service.examiner import Examiner
from examiner.settings import Settings
from examiner.vault.render import fill


def vault() -> tuple[dict[str, Instance], dict[str, Script]]:
    """Return one instance of each family and the scripts that go with them."""
    examiner = Examiner(Settings(database="sqlite://"))
    instances = {family: examiner.instance(f"{family}@0") for family in sorted(examiner.vault.families)}
    return instances, read_scripts(examiner.root)


def prose() -> Iterator[str]:
    """Yield every text of the vault that is written in sentences."""
    instances, scripts = vault()
    for family, instance in instances.items():
        yield instance.prompt
        yield instance.model_answer
        for point in instance.points:
            for text in (point.claim, *point.variants):
                yield text[0].upper() + text[1:].rstrip(".") + "."
        for probe in instance.follow_ups:
            yield probe.ask
            yield probe.hint
        if instance.invites:
            yield instance.invites.ask
            yield instance.invites.answer
        if family in scripts:
            for text in (*(line.says for line in scripts[family].strong), scripts[family].bluff):
                yield fill(text, values_of(instance), family)
