"""One service of Rapport under uvicorn, with the development issuer beside it: the process that benches ask."""

import sys
from pathlib import Path

import uvicorn

from common import logging
from common.auth.development_issuer import development_issuer, development_settings, load_or_create_key
from rapport.embedded import services

HOST = "127.0.0.1"


def main() -> None:
    name, port, database_url, bootstrap, home = sys.argv[1:]
    logging.configure("json", "INFO")
    url = f"http://{HOST}:{port}"
    app = services.build_service_app(name, database_url, bootstrap, url)
    app.mount("/development", development_issuer(load_or_create_key(Path(home)), development_settings(url), "embedded"))
    uvicorn.run(app, host=HOST, port=int(port), log_config=None, access_log=False, server_header=False)


if __name__ == "__main__":
    main()
