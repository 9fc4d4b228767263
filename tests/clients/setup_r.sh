#!/bin/sh
# Installs R's clients from CRAN beside the others, where there is R: ./setup_r.sh .clients . Without them run.sh skips their scripts.
set -eu
dir=${1:-.clients}
command -v Rscript >/dev/null || { echo "R is not installed"; exit 1; }
mkdir -p "$dir/r"
Rscript -e 'at <- commandArgs(TRUE)[1]; wanted <- c("pxweb", "PxWebApiData"); install.packages(wanted, lib = at, repos = "https://cloud.r-project.org"); stopifnot(wanted %in% rownames(installed.packages(at)))' "$dir/r"
