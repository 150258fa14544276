"""The SCIM service as the settings name it; its token is read, and a line opened, at first use only."""

from pathlib import Path
from urllib.parse import urlsplit

from tui.config import expanded, secret_variable
from tui.secret import SecretSource, read_secret
from tui.services.scim import ScimService
from tui.settings import Settings
from tui.web import ClientCredentials, Site, Web

TOKEN = "services.scim.token"  # noqa: S105  the key's name
CLIENT_SECRET = "services.scim.client_secret"  # noqa: S105  the key's name


def open_scim(settings: Settings) -> ScimService:
    """The service, with nothing asked of it yet; what is wrong with its secrets is raised (ConfigError) when it is."""
    scim = settings.scim
    return ScimService(
        lambda: Web(_site(settings)),
        scim_system(settings),
        parallel=scim.parallel,
        restore_days=settings.accounts.restore_days,
        keeps_usernames=scim.keeps_usernames,
        sends_own_mail=scim.sends_own_mail,
        name_new=scim.new_username,
    )


def scim_system(settings: Settings) -> str:
    """What the service is called: as the config says, else its host."""
    return settings.scim.system or urlsplit(settings.scim.url).netloc


def _site(settings: Settings) -> Site:
    scim = settings.scim
    token = SecretSource(
        "token of the SCIM service", TOKEN, secret_variable(TOKEN), scim.token_command, _file(scim.token_file)
    )
    secret = SecretSource(
        "client secret of the SCIM service",
        CLIENT_SECRET,
        secret_variable(CLIENT_SECRET),
        scim.client_secret_command,
        _file(scim.client_secret_file),
    )
    return Site(
        scim_system(settings),
        scim.url,
        ClientCredentials(scim.token_url, scim.client_id, read_secret(secret), scim.scope)
        if scim.token_url
        else read_secret(token),
        _file(scim.ca_file),
        scim.timeout_seconds,
        scim.parallel,
        "application/scim+json, application/json;q=0.9",
    )


def _file(path: Path | None) -> Path | None:
    return expanded(path) if path else None
