"""Files of a table read by the programs people read such files with: Parquet by pyarrow and DuckDB (also by ranges over HTTP is what a server must allow), xlsx by openpyxl and pandas; every cell equals json-stat2."""
from _common import *
import io, tempfile, urllib.request
import duckdb, openpyxl, pandas as pd, pyarrow.parquet as pq
t = pick(); stub = ",".join(t.meta["id"])
wide = {**t.sel, t.time: ["*"]}
if t.geo: wide[t.geo] = ["top(60)"]
js = get(data_url(t, wide)); ids = js["id"]
codes = {d: sorted(js["dimension"][d]["category"]["index"], key=js["dimension"][d]["category"]["index"].get) for d in ids}
def places():
    for i in range(len(js["value"])):
        at, rest = {}, i
        for d in reversed(ids): at[d] = codes[d][rest % len(codes[d])]; rest //= len(codes[d])
        yield i, at
def fetch(fmt, **extra): return urllib.request.urlopen(data_url(t, wide, fmt, **extra)).read()
truth = {tuple(at[d] for d in ids if d != t.metric): (js["value"][i], js.get("status", {}).get(str(i))) for i, at in places()}
# Parquet
raw = fetch("parquet"); tab = pq.read_table(io.BytesIO(raw))
names = [js["dimension"][d]["label"] for d in ids if d != t.metric]
value = [c for c in tab.column_names if c.startswith("ContentsCode_") and not c.endswith("_symbol")][0]
assert set(names) <= set(tab.column_names) and "timestamp" in tab.column_names, tab.column_names
rows = tab.to_pylist(); assert len(rows) == len(truth)
for r in rows:
    v, s = truth[tuple(r[n] for n in names)]
    assert r[value] == v and r[value + "_symbol"] == s, (r, v, s)
with tempfile.NamedTemporaryFile(suffix=".parquet") as f:
    f.write(raw); f.flush()
    n, total = duckdb.sql(f"select count(*), sum(\"{value}\") from read_parquet('{f.name}')").fetchall()[0]
assert n == len(truth) and (total or 0) == sum(v for v, _ in truth.values() if v is not None), (n, total)
part = urllib.request.urlopen(urllib.request.Request(data_url(t, wide, "parquet"), headers={"Range": "bytes=-8"}))
assert part.status == 206 and part.read() == raw[-8:], part.status
# xlsx, everything down so that a row is a cell
book = openpyxl.load_workbook(io.BytesIO(fetch("xlsx", outputFormatParams="UseCodes", stub=stub)))
sheet = book.worksheets[0]; head = [c.value for c in sheet[1]]
assert head[: len(ids)] == ids, head
seen = 0
for r in sheet.iter_rows(min_row=2, max_row=1 + len(truth), values_only=True):
    v, s = truth[tuple(c for d, c in zip(ids, r) if d != t.metric)]; cell = r[len(ids)]; seen += 1
    assert cell == (v if v is not None else s), (r, v, s)
assert seen == len(truth)
df = pd.read_excel(io.BytesIO(fetch("xlsx", outputFormatParams="UseCodes")), dtype=str)
assert t.sel[t.time][-1] in [str(c) for c in df.columns], df.columns
ok("files_v2")
