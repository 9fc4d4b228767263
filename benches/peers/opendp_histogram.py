"""The histogram of the bench `noise` with OpenDP's own Python library, for comparison.

Reads one JSON object from standard input: the Parquet file, the codes of each column, and rho. Prints the cells it
answered and the processor seconds it took, importing the library aside. Needs `pip install "opendp[polars]"`.
"""

import json
import sys
import time
import warnings

import opendp.prelude as dp
import polars as pl

warnings.filterwarnings("ignore")
dp.enable_features("contrib")
asked = json.load(sys.stdin)
codes = asked["codes"]

started = time.process_time()
columns = [pl.col(name).cast(pl.String) for name in codes]
records = pl.scan_parquet(asked["file"]).select(columns)
keys = pl.DataFrame({"": [0]})
for name, values in codes.items():
    keys = keys.join(pl.DataFrame({name: values}), how="cross")
context = dp.Context.compositor(
    data=records,
    privacy_unit=dp.unit_of(contributions=1),
    privacy_loss=dp.loss_of(rho=asked["rho"]),
    split_evenly_over=1,
    margins=[dp.polars.Margin(max_length=100_000_000)],
)
query = context.query().group_by(*codes).agg(dp.len()).with_keys(keys.drop("").lazy())
cells = query.release().collect().height
print(cells, time.process_time() - started)
