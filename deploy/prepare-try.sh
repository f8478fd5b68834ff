#!/usr/bin/env bash
# Makes deploy/.env for a trial on this machine, with passwords of its own: deploy/prepare-try.sh
# Then: docker compose -f deploy/docker-compose.yml --profile try up --build
# An .env that is there already is left alone; nothing in the repository holds a password.
set -euo pipefail
umask 077

here=$(cd "$(dirname "$0")" && pwd)
env="$here/.env"
if [ -e "$env" ]; then
    if ! grep -q '^RAPPORT_TRY_PASSWORD=.' "$env"; then
        echo "$env is of an installation of yours: move it away to try Rapport" >&2
        exit 1
    fi
    echo "$env is there already"
    exit 0
fi

secret() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

{
    while IFS= read -r line; do
        case $line in
            RAPPORT_CONSOLE_CLIENT_ID=) echo "${line}console" ;;
            RAPPORT_CONSOLE_CLIENT_SECRET=) echo "$line" ;; # a public client, with PKCE
            RAPPORT_CONSOLE_DISCOVERY_URL=) echo "${line}http://keycloak:8081/realms/rapport/.well-known/openid-configuration" ;;
            RAPPORT_CONSOLE_SCOPES=) echo "${line}[\"openid\"]" ;;
            RAPPORT_*_PASSWORD= | RAPPORT_*_SECRET= | RAPPORT_*_KEY=) echo "$line$(secret)" ;;
            RAPPORT_PUBLIC_URL=) echo "${line}http://localhost:8080" ;;
            RAPPORT_OIDC_ISSUER=) echo "${line}http://localhost:8081/realms/rapport" ;;
            RAPPORT_OIDC_JWKS_URL=) echo "${line}http://keycloak:8081/realms/rapport/protocol/openid-connect/certs" ;;
            *) echo "$line" ;;
        esac
    done < "$here/.env.example"
} > "$env.part"
mv "$env.part" "$env"
echo "Written: $env. Sign in as mira.service-manager with RAPPORT_TRY_PASSWORD; Grafana's and Keycloak's admin has RAPPORT_TRY_ADMIN_PASSWORD."
