"""`examiner serve`: the HTTP API and the pages."""

import logging
import signal
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer
import uvicorn

from examiner.cli.common import open_examiner, told
from examiner.domain.errors import Corrupt

if TYPE_CHECKING:
    from fastapi import FastAPI

    from examiner.service.examiner import Examiner

log = logging.getLogger(__name__)


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on.")] = None,
    check: Annotated[bool, typer.Option(help="Check the database and every hash chain before serving.")] = True,
) -> None:
    """Serve the pages, and the HTTP API under /v1, with the background work in the same process.

    The database is checked first: a damaged one is not served (exit code 6). On SIGTERM no new request is taken, what
    runs is finished, streams end and are taken up again by their clients elsewhere.
    """
    from examiner.api.app import create_app
    from examiner.web.app import attach

    examiner = open_examiner(host=host, port=port)
    with told(examiner):
        if check:
            problems = examiner.ledger.check()
            if problems:
                raise Corrupt(
                    f"the database is damaged: {problems[0]} ({len(problems)} in all)",
                    hint="examiner db check; examiner db restore BACKUP",
                )
        if examiner.settings.oidc_issuer:
            from examiner.service.access.oidc import Oidc

            Oidc(examiner)  # settings that do not fit are said now and not to whoever signs in first
        elif not examiner.settings.api_keys and not examiner.registry.many("api_keys", revoked=""):
            log.warning("no API key: the staff side is closed; examiner keys create --name NAME --role admin makes one")
        others = examiner.presence.others()
        if others:
            log.warning(
                "%d more at work on this database; rate limits are counted by each server on its own, so that together"
                " they let through up to %d times EXAMINER_RATE_KEY and EXAMINER_RATE_TENANT",
                others,
                others + 1,
            )
        app = create_app(examiner, sweep=True)
        attach(app, examiner)
        started = _run(app, examiner)
    if not started:
        raise typer.Exit(3)


def _run(app: "FastAPI", examiner: "Examiner") -> bool:
    """Serve until told to stop; tell whether it came to serving."""
    config = uvicorn.Config(
        app,
        host=examiner.settings.host,
        port=examiner.settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=75,  # candidates save every few seconds: they keep their connection
        timeout_graceful_shutdown=15,
        limit_concurrency=2000,
    )
    server = _Server(config, app.state.bell.close)
    server.run()
    return server.started


class _Server(uvicorn.Server):
    """A server that tells its event streams to end before it waits for them."""

    def __init__(self, config: uvicorn.Config, ending: Callable[[], None]) -> None:
        super().__init__(config)
        self._ending = ending

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop taking connections and let the streams end."""
        self._ending()
        if (
            sig == signal.SIGTERM
        ):  # uvicorn would raise it again when all is done, and what is left to send would be lost
            self.should_exit = True
        else:
            super().handle_exit(sig, frame)
