#!/bin/sh
# Asks every operation of the document what it allows and what it does not, as each caller whose token is in a folder and
# as nobody: no answer may be a fault, of a status or media type that is not documented, or against its schema.
# ROOT=http://127.0.0.1:8080 ./schemathesis.sh .clients hjemmel-demo/tokens
dir=$(cd "${1:-.clients}" && pwd); tokens=${2:?the folder of tokens}
: "${ROOT:?set ROOT to the server}"
checks=not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance
bad=0
ask() {
  name=$1; phases=$2; shift 2
  if out=$("$dir/venv/bin/schemathesis" run "$ROOT/openapi.json" --url "$ROOT" --phases "$phases" --max-examples 1 \
      --checks "$checks" --seed 1 --request-timeout 60 --no-color "$@" 2>&1); then echo "ok   $name"
  else bad=$((bad+1)); echo "FAIL $name"; echo "$out" | tail -60; fi
}
ask anyone examples,coverage
for file in "$tokens"/*.jwt; do
  # A second account of a role meets nothing that the first did not.
  case $file in *2.jwt) continue ;; esac
  ask "$(basename "$file" .jwt)" examples,fuzzing -H "Authorization: Bearer $(tr -d '\n' < "$file")"
done
[ "$bad" = 0 ]
