"""`examiner serve`: the HTTP API and the pages."""

from typing import Annotated

import typer

from examiner.cli.common import open_examiner, say


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.")] = None,
) -> None:
    """Serve the pages, and the HTTP API under /v1."""
    import uvicorn

    from examiner.api.app import create_app
    from examiner.web.app import attach

    examiner = open_examiner(host=host, port=port)
    if not examiner.settings.api_keys:
        say("no EXAMINER_API_KEYS is set: the staff side of the API is closed")
    app = create_app(examiner, sweep=True)
    attach(app, examiner)
    uvicorn.run(app, host=examiner.settings.host, port=examiner.settings.port, log_level="warning")
