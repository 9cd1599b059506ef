"""Settings: read once, passed on, never a global.

Precedence: flag > environment `EXAMINER_*` > project `examiner.toml` > user `config.toml` > default.
`Settings.origins` tells where each value came from (`examiner config show --origin`).
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

SECRET = frozenset({"api_keys", "oidc_client_secret"})


class SettingsError(ValueError):
    """A settings file or value does not fit; the message says which and where."""


@dataclass(frozen=True)
class Settings:
    """All settings of one process.

    Attributes:
        home: folder for data, journal and cache.
        database: SQLAlchemy URL of the event log; empty means `sqlite:///<home>/examiner.db`.
        content: another content folder (`vault/`, `rubrics/`, ...); empty means the shipped one.
        judge: the judge's name; `embedded` needs no key and no network.
        interviewer: who words the follow-ups: `embedded` asks them as authored, `vendor/MODEL` or `scripted:FILE`
            through a model.
        policy: release policy: practice, hiring, high-stakes.
        candidate: the name put on reports where none is given.
        host: address `examiner serve` listens on.
        port: its port.
        test_trust_root: a public key whose certificates are accepted and stamped TEST; for tests of the release path.
        grace: seconds after a deadline within which what was on its way still counts.
        retention_days: days after a candidate's last session at which all of theirs is erased; 0 keeps it.
        api_keys: comma-separated keys that open the staff side of the API.
        session_usd: the most that one sitting may spend on models; empty is no ceiling.
        project_usd: the most that all uses of this home may spend on models together.
        tenant: whose data a command reads and writes, where one house serves several teams.
        tenant_day_usd: the most that a tenant may spend on models a day (UTC), where it has no limit of its own.
        tenant_month_usd: likewise a month.
        rate_key: requests a second for each key; a live session's own requests are never limited.
        rate_tenant: requests a second for all keys of a tenant together.
        public_url: where browsers reach this service, such as https://interviews.example.org; empty means as asked.
        oidc_issuer: the address of the organisation's identity provider, for the sign-in of staff; empty is none.
        oidc_client_id: the name under which the provider knows this service.
        oidc_client_secret: its secret; empty where the provider knows it as a public client.
        oidc_scopes: what is asked of the provider; `openid` must be among it.
        oidc_role_claim: the claim that says what somebody is; `a.b` looks inside of `a`.
        oidc_roles: which value of it is which role, the first that fits wins: `hr-team=hiring, staff-eng=reviewer`.
        oidc_tenant_claim: the claim that names the tenant; empty means the one of `tenant`.

    """

    home: str = ""
    database: str = ""
    content: str = ""
    judge: str = "embedded"
    interviewer: str = "embedded"
    policy: str = "practice"
    candidate: str = "candidate"
    host: str = "127.0.0.1"
    port: int = 8080
    grace: int = 5
    retention_days: int = 0
    api_keys: str = ""
    test_trust_root: str = ""
    session_usd: str = ""
    project_usd: str = ""
    tenant: str = "default"
    tenant_day_usd: str = ""
    tenant_month_usd: str = ""
    rate_key: int = 20
    rate_tenant: int = 200
    public_url: str = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_scopes: str = "openid profile email"
    oidc_role_claim: str = "groups"
    oidc_roles: str = ""
    oidc_tenant_claim: str = ""
    origins: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def home_path(self) -> Path:
        """The folder that holds data, journal and cache."""
        if self.home:
            return Path(self.home).expanduser()
        import platformdirs  # noqa: PLC0415 - only where no home is set

        return Path(platformdirs.user_data_dir("examiner", appauthor=False))

    @property
    def database_url(self) -> str:
        """The URL of the event log."""
        return self.database or f"sqlite:///{self.home_path / 'examiner.db'}"

    @property
    def cache_path(self) -> Path:
        """The folder of the vault's build cache; deleting it loses nothing."""
        return self.home_path / "cache"

    def shown(self) -> dict[str, Any]:
        """Return the values for people: secrets masked."""
        return {
            f.name: ("set, hidden" if getattr(self, f.name) else "") if f.name in SECRET else getattr(self, f.name)
            for f in fields(self)
            if f.name != "origins"
        }


def load(
    flags: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Settings:
    """Return the settings of this process.

    Args:
        flags: values from the command line; None entries are unset.
        environ: the environment; the process's own by default.
        cwd: where `examiner.toml` is looked for.

    Raises:
        SettingsError: a file is not TOML, or a name or value does not fit; says where.

    """
    environ = os.environ if environ is None else environ
    known = {f.name: f for f in fields(Settings) if f.name != "origins"}
    values: dict[str, Any] = {}
    origins = dict.fromkeys(known, "default")
    for path in (user_config(environ), (cwd or Path.cwd()) / "examiner.toml"):
        for name, value in _read_toml(path).items():
            if name not in known:
                raise SettingsError(f"{path}: there is no setting '{name}'; there are {', '.join(known)}")
            values[name], origins[name] = value, str(path)
    for name in known:
        variable = variable_of(name)
        if variable in environ:
            values[name], origins[name] = environ[variable], variable
    for name, value in (flags or {}).items():
        if value is not None:
            values[name], origins[name] = value, "flag"
    for name, value in values.items():
        values[name] = _typed(name, value, known[name].type, origins[name])
    return Settings(**values, origins=origins)


def variable_of(name: str) -> str:
    """Return the environment variable of a setting."""
    return "EXAMINER_DATABASE_URL" if name == "database" else f"EXAMINER_{name.upper()}"


def user_config(environ: Mapping[str, str]) -> Path:
    """Return the path of the user's settings file."""
    base = environ.get("XDG_CONFIG_HOME") or str(Path(environ.get("HOME", "~")).expanduser() / ".config")
    return Path(base) / "examiner" / "config.toml"


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return {}
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: {error}") from None


def _typed(name: str, value: Any, kind: Any, origin: str) -> Any:
    if kind in (int, "int"):
        try:
            return int(value)
        except (TypeError, ValueError):
            raise SettingsError(f"{origin}: '{name}' must be a whole number, not {value!r}") from None
    if not isinstance(value, str):
        raise SettingsError(f"{origin}: '{name}' must be text, not {value!r}")
    return value
