"""rdflib and pyshacl: the catalogue is the same graph in Turtle, JSON-LD and RDF/XML, and keeps to what DCAT-AP-NO requires; a register without its law, or a dataset without a publisher, does not pass."""
from _common import *
from rdflib import Graph, Namespace, RDF
from pyshacl import validate
root = BASE.split("/pxwebapi")[0]; here = os.path.dirname(os.path.abspath(__file__))
dcat, dct = Namespace("http://www.w3.org/ns/dcat#"), Namespace("http://purl.org/dc/terms/")
dcatap = Namespace("http://data.europa.eu/r5r/")
def graph(media, name):
    r = urllib.request.Request(root + "/catalog", headers={"Accept": media})
    with urllib.request.urlopen(r, timeout=60) as f: return Graph().parse(data=f.read(), format=name)
graphs = [graph("text/turtle", "turtle"), graph("application/ld+json", "json-ld"), graph("application/rdf+xml", "xml")]
assert all(set(g) == set(graphs[0]) for g in graphs), [len(g) for g in graphs]  # no blank nodes
g = graphs[0]; shapes = Graph().parse(os.path.join(here, "dcat_shapes.ttl"))
conforms, _, text = validate(g, shacl_graph=shapes, inference="none"); assert conforms, text
closed = [d for d in g.subjects(RDF.type, dcat.Dataset) if str(g.value(d, dct.accessRights)).endswith("/NON_PUBLIC")]
assert closed and all(list(g.objects(d, dcatap.applicableLegislation)) for d in closed), "a register without its law"
some = next(g.subjects(RDF.type, dcat.Dataset)); g.remove((some, dct.publisher, None))
assert not validate(g, shacl_graph=shapes, inference="none")[0], "the shapes let anything pass"
ok("dcat_py")
