"""`python -m deploy.verify`: renders the manifests as an operator would and holds them to the API, to us and to the code.

Schemas alone find few faults (a wrong reference, a probe of a port that nobody opens), so the rules are our own.
"""
