#!/bin/sh
# Makes .clients/ (a Python venv and node_modules) beside the current folder with the pinned clients the scripts drive.
set -eu
dir=${1:-.clients}
mkdir -p "$dir"
[ -x "$dir/venv/bin/python" ] || python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -q pxwebpy==0.6.0 pyjstat==2.4.0 pandas==3.1.1 jsonstat-validator==0.4.6 pyaxis==0.4.3 openapi-schema-validator==0.9.0 PyYAML==6.0.3 pyarrow==26.0.1 duckdb==2.0.1 openpyxl==3.1.5 ssb-klass-python==1.0.8 schemathesis==4.32.5 pyshacl==0.40.1
npm install --silent --no-audit --no-fund --prefix "$dir/node" jsonstat-toolkit@2.2.2
