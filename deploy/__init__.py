"""How the product is put on a cluster, and what holds the manifests to it."""
