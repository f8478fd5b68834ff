#!/usr/bin/env bash
# From a clone to a statement and a dashboard: deploy/smoke.sh
# Starts --profile try, waits, signs in at Keycloak, and looks for what a newcomer would. It leaves everything running.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
patience=${RAPPORT_SMOKE_SECONDS:-900}

step() { printf '== %s\n' "$*"; }
setting() { sed -n "s/^$1=//p" "$here/.env" | tail -1; }
field() { python3 -c 'import functools, json, sys
print(functools.reduce(lambda at, key: at[int(key) if key.isdigit() else key], sys.argv[1:], json.load(sys.stdin)))' "$@"; }
until_true() { # what command...
    local what=$1 deadline=$((SECONDS + patience))
    shift
    until "$@"; do
        if [ $SECONDS -gt $deadline ]; then echo "waited $patience s in vain for: $what" >&2; exit 1; fi
        sleep 3
    done
    echo "   $what"
}

step "start"
"$here/prepare-try.sh"
docker compose -f "$here/docker-compose.yml" --profile try up --build --detach

url=http://localhost:$(setting RAPPORT_PORT)
realm=http://localhost:8081/realms/rapport

is_ready() { curl -fsS -o /dev/null "$url/readyz" 2> /dev/null; }
get() { curl -fsS -H "Authorization: Bearer $token" "$url$1" 2> /dev/null; }
count() { get "$1" | field items | python3 -c 'import ast, sys; print(len(ast.literal_eval(sys.stdin.read())))' || echo 0; }

step "services and identity provider"
until_true "all services are ready" is_ready
until_true "Keycloak answers" curl -fsS -o /dev/null "$realm"

sign_in() {
    token=$(curl -fsS "$realm/protocol/openid-connect/token" -d grant_type=password -d client_id=demo \
        --data-urlencode "client_secret=$(setting RAPPORT_TRY_DEMO_SECRET)" -d username=mira.service-manager \
        --data-urlencode "password=$(setting RAPPORT_TRY_PASSWORD)" 2> /dev/null | field access_token)
}
step "sign in as mira.service-manager"
until_true "a token" sign_in

step "the sample organisation"
has_statements() { sign_in && [ "$(count '/sla/v1/statements?limit=1')" -gt 0 ]; }
until_true "a statement" has_statements
statement=$(get '/sla/v1/statements?limit=1' | field items 0 id)
curl -fsS -X POST -H "Authorization: Bearer $token" -H "Content-Type: application/json" -d '{}' \
    "$url/sla/v1/statements/$statement/verification" | field verified | grep -qx True
echo "   statement $statement is verified: untouched, chained, signed and recomputed"

step "Prometheus scrapes and pushes"
targets=$(grep -c targets: "$here/try/prometheus.yml")
is_scraped() {
    curl -fsS 'http://localhost:9090/api/v1/query?query=count(up%7Bjob%3D%22rapport%22%7D%3D%3D1)' 2> /dev/null |
        field data result 0 value 1 | grep -qx "$targets"
}
until_true "all $targets services are scraped" is_scraped
is_pushed() {
    curl -fsS -X POST -H "Authorization: Bearer $token" -H "Content-Type: application/json" \
        -d '{"selector": "up{job=\"rapport\"}"}' "$url/sla/v1/series/selections" 2> /dev/null | grep -q '"__name__":"up"'
}
until_true "Rapport has what Prometheus wrote" is_pushed

step "Grafana"
for dashboard in rapport-operations rapport-service-levels; do
    is_loaded() {
        curl -fsS -u "admin:$(setting RAPPORT_TRY_ADMIN_PASSWORD)" "http://localhost:3000/api/dashboards/uid/$dashboard" \
            2> /dev/null | grep -q '"panels"'
    }
    until_true "the dashboard $dashboard" is_loaded
done

step "done: $url, Grafana http://localhost:3000, Keycloak $realm, mail http://localhost:8025"
