"""Canaille as a program: `canaille_site.py PORT SMTP_PORT`, run by its own environment; nothing imports it.

An identity provider with users in memory, on 127.0.0.1: SCIM at /scim/v2, people log in at /login, mail goes to a
server on loopback. It has an OAuth client for client credentials, and a token that is valid for a day; what they are
called is also in tests.servers.canaille.
"""

import asyncio
import datetime
import socket
import sys

from asgiref.wsgi import WsgiToAsgi
from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from hypercorn.asyncio import serve
from hypercorn.config import Config

CLIENT = "school"
SECRET = "secret-of-the-tests"
TOKEN = "token-of-the-tests"


def settings(port: int, smtp_port: int) -> dict[str, object]:
    """The site's configuration."""
    return {
        "SECRET_KEY": "key-of-the-tests",
        "SERVER_NAME": f"127.0.0.1:{port}",
        "PREFERRED_URL_SCHEME": "http",
        "TRUSTED_HOSTS": [f"127.0.0.1:{port}"],  # without it, a code is mailed instead of a link
        "CANAILLE": {
            "DATABASE": "memory",
            "LOGO": None,
            "ENABLE_PASSWORD_COMPROMISSION_CHECK": False,
            "CAPTCHA_ENABLED": False,
            "SMTP": {"HOST": "127.0.0.1", "PORT": smtp_port, "FROM_ADDR": "portal@school.example"},
        },
        "CANAILLE_OIDC": {"ENABLE_OIDC": True},
        "CANAILLE_SCIM": {"ENABLE_SERVER": True},
    }


def put_in_client() -> None:
    """The client, and a token of its."""
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    client = models.Client(
        client_id=CLIENT,
        client_name="School",
        client_secret=SECRET,
        client_id_issued_at=now,
        grant_types=["client_credentials"],
        token_endpoint_auth_method="client_secret_basic",  # the only one it takes for this grant
        redirect_uris=[],
        scope=["openid"],
    )
    Backend.instance.save(client)
    token = models.Token(
        token_id="given",
        access_token=TOKEN,
        client=client,
        subject=None,
        type="access_token",
        scope=["openid"],
        issue_date=now,
        lifetime=86_400,
    )
    Backend.instance.save(token)


def main() -> None:
    """Serve until SIGTERM."""
    port, smtp_port = int(sys.argv[1]), int(sys.argv[2])
    listener = socket.create_server(("127.0.0.1", port))
    app = create_app(settings(port, smtp_port))
    with app.app_context():
        put_in_client()
    config = Config()
    config.bind = [f"fd://{listener.detach()}"]
    config.accesslog = None
    config.errorlog = "-"
    print("Serving canaille", flush=True)
    asyncio.run(serve(WsgiToAsgi(app), config))


if __name__ == "__main__":
    main()
