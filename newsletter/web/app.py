"""The web app: every door in its place."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from fastapi import Depends, FastAPI

from newsletter import log
from newsletter.config import Settings
from newsletter.errors import SettingsError
from newsletter.services import Services
from newsletter.services import now as present
from newsletter.web import faults, mailbox, static
from newsletter.web.api.app import PREFIX, create_api
from newsletter.web.console import (
    actions,
    breaking,
    choosing,
    edition,
    embedding,
    login,
    overview,
    preflight,
    previews,
    progress,
    reports,
)
from newsletter.web.console.guard import guard
from newsletter.web.doorman import Doorman
from newsletter.web.doorway import Doorway
from newsletter.web.hooks.chosen import open_hooks
from newsletter.web.hooks.door import create_router
from newsletter.web.pages import Pages
from newsletter.web.public import (
    address,
    archive,
    box,
    click,
    confirm,
    data,
    embed,
    feed,
    health,
    image,
    metrics,
    preferences,
    recommend,
    theme,
    unsubscribe,
    welcome,
)
from newsletter.web.watch import watching


def create_app(services: Services, now: Callable[[], datetime] = present) -> FastAPI:
    """Return the web app that works with these services; ``now`` returns the present moment, aware."""
    settings = services.settings
    door = Doorway(services, Pages(settings), now)
    app = FastAPI(
        title="newsletter",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=watching(services, now),
    )
    app.state.doorway = door
    for public in (
        box,
        embed,
        confirm,
        welcome,
        preferences,
        address,
        data,
        unsubscribe,
        recommend,
        click,
        feed,
        archive,
        image,
        theme,
        health,
        metrics,
        static,
    ):
        app.include_router(public.router)
    if settings.mailbox_dir is not None:
        app.include_router(mailbox.router)
    app.include_router(login.router)
    for inside in (
        *(overview.router, edition.router, previews.router, preflight.router, progress.router),
        *(choosing.router, breaking.router, actions.router, login.inside, embedding.router, reports.router),
    ):
        app.include_router(inside, prefix="/console", dependencies=[Depends(guard)])
    app.include_router(create_router(open_hooks(settings)))
    app.mount(PREFIX, create_api(door))
    if settings.sample:
        _mount_sample(app, door)
    faults.install(app, door)
    app.add_middleware(Doorman, settings=settings, refuse=partial(faults.fault, door))
    return app


def from_environment() -> FastAPI:
    """Return the app of this process, for ``uvicorn --factory``.

    Settings that cannot be used end the process with a sentence.
    """
    try:
        settings = Settings.from_environment()
        log.set_up(settings.log_level, as_json=settings.log_json)
        services = Services(settings)
        services.check()
        return create_app(services)
    except SettingsError as error:
        raise SystemExit(f"newsletter: {error}") from None


def _mount_sample(app: FastAPI, door: Doorway) -> None:
    from newsletter.sample.site import create_site

    folders = door.services.settings.template_folders
    app.mount("/sample", create_site(f"{door.public_url}/sample", door.now, folders))
