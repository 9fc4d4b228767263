# Runs one private PostgreSQL until its standard input closes, which the death of the test process does too.
# Arguments: the directory of the binaries. Reads `start`, `stop` and `fall`; answers `ready DIR`, `stopped` or `failed TEXT`.
set -u
bin=$1
dir=$(mktemp -d "${TMPDIR:-/tmp}/hjemmel-pg.XXXXXX") || { echo "failed cannot make a directory"; exit 1; }
pid=
trap '' INT
fail() { [ -z "$pid" ] || { kill -INT "$pid"; wait "$pid"; } 2>/dev/null; echo "failed $1: $(tail -n 5 "$dir/log" | tr '\n' ' ')"; rm -rf "$dir"; exit 1; }
start() {
    "$bin/postgres" -D "$dir/data" -k "$dir" -c listen_addresses= -c max_connections=60 \
        </dev/null >>"$dir/log" 2>&1 &
    pid=$!
    tries=0
    until "$bin/pg_isready" -q -h "$dir"; do
        tries=$((tries + 1))
        { [ "$tries" -lt 600 ] && kill -0 "$pid" 2>/dev/null; } || fail "postgres does not start"
        sleep 0.05
    done
    echo "ready $dir"
}
stop() {
    if [ -n "$pid" ]; then kill -"$1" "$pid"; wait "$pid"; pid=; fi
    echo stopped
}
"$bin/initdb" -D "$dir/data" -U hjemmel -A trust -E UTF8 --locale=C --no-sync >"$dir/log" 2>&1 || fail "initdb"
start
while read -r word; do
    case $word in start) start ;; stop) stop INT ;; fall) stop QUIT ;; esac
done
stop INT >/dev/null 2>&1
rm -rf "$dir"
