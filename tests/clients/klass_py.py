"""ssb-klass-python 1.0.8, the client Statistics Norway's own statisticians use: classifications, search, versions, codes, changes and correspondences, by class and by id."""
from _common import *
url = os.environ.get("KLASS_URL") or BASE.split("/pxwebapi")[0] + "/api/klass/v1/"
import klass, klass.config, pandas as pd
klass.config.BASE_URL = url
from klass import KlassClassification, KlassCodes, KlassCorrespondence, KlassSearchClassifications, KlassVersion
from klass.requests import klass_requests as raw
assert {c["id"] for c in raw.classifications()["_embedded"]["classifications"]} >= {104, 112, 131}
found = KlassSearchClassifications(query="kommune"); assert found.classifications, found
kommuner = KlassClassification("131")
codes = kommuner.get_codes("2024-01-01"); df = codes.data
assert len(df) == 357 and df.set_index("code").loc["3107", "name"] == "Fredrikstad", df.head()
assert codes.to_dict()["0301"] == "Oslo"
period = KlassCodes("131", from_date="2023-06-01", to_date="2024-06-01").data
assert {"3004", "3107"} <= set(period["code"])
changes = kommuner.get_changes(from_date="2024-01-01", to_date="2024-01-02")
assert changes.set_index("oldCode").loc["3004", "newCode"] == "3107"
at = KlassCorrespondence(source_classification_id="131", target_classification_id="112", from_date="2024-01-01", to_date="2024-01-02").to_dict()
assert at["0301"] == "EKG13", at
versions = {v["validFrom"]: v for v in kommuner.versions}
version = KlassVersion(str(versions["2024-01-01"]["version_id"] if "version_id" in versions["2024-01-01"] else versions["2024-01-01"]["id"]))
assert len(version.data) == 357
tables = {t["targetId"]: t["_links"]["self"]["href"].rsplit("/", 1)[1] for t in version.correspondenceTables}
by_id = KlassCorrespondence(correspondence_id=tables[112]).to_dict()
assert by_id == at, "the same pairs by id"
english = raw.codes_at("112", "2024-01-01", language="en")
assert english.iloc[0]["name"].startswith("KOSTRA group"), english.iloc[0]
ok("klass_py")
