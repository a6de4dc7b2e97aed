#!/bin/sh
# Install the product into a virtual environment: install.sh SOURCE PREFIX [PYTHON].
# The image is built by this file, and tests/deploy run the same one: what is tested is what ships.
# Every package comes with a hash and as a wheel: nothing is compiled, nothing runs a setup script.
set -eu
source=$1 prefix=$2 python=${3:-python}

tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
"$python" -m venv "$tools/venv"
pip() { "$tools/venv/bin/python" -m pip --quiet --disable-pip-version-check --no-input "$@"; }

# pip itself stays behind with the tools: what runs in production has no means to install anything.
"$python" -m venv --without-pip "$prefix"
pip --python "$prefix/bin/python" install --require-hashes --only-binary :all: -r "$source/deploy/image/requirements.lock"

pip install --require-hashes --only-binary :all: -r "$source/deploy/image/build.lock"
pip wheel --no-deps --no-build-isolation --wheel-dir "$tools" "$source"
pip --python "$prefix/bin/python" install --no-deps "$tools"/outage_notice-*.whl
