#!/bin/sh
# Installs Temporal's time-skipping test server (Maven, Java 11 or newer) into the user's cache once and prints the path of a program that runs it:
# what TestWorkflowEnvironment.createTimeSkipping takes as `existing-path`. Says what it does on stderr. Exit code 3: it cannot be had here.
set -eu

version=1.38.0
cache="${XDG_CACHE_HOME:-$HOME/.cache}/breakwater"
dir="$cache/temporal-test-server-$version"
program="$dir/temporal-test-server"

for tool in java mvn; do
  if ! command -v "$tool" >/dev/null 2>&1; then
    echo "Temporal's time-skipping test server needs Java and Maven, and there is no \`$tool\` on the PATH. Install it and try again." >&2
    exit 3
  fi
done
if [ -x "$program" ]; then
  echo "$program"
  exit 0
fi

mkdir -p "$cache"
work=$(mktemp -d "$cache/.temporal-test-server-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

cat >"$work/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>dev.breakwater</groupId>
  <artifactId>time-skipping-server</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.temporal</groupId>
      <artifactId>temporal-test-server</artifactId>
      <version>$version</version>
    </dependency>
  </dependencies>
</project>
POM
echo "time-skipping server: fetching temporal-test-server $version (38 MB, once)" >&2
if ! mvn -q -B -Dstyle.color=never -f "$work/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
  -DincludeScope=runtime -DoutputDirectory="$work/lib" >&2; then
  echo "Temporal's time-skipping test server $version could not be fetched by Maven: see above. A proxy or mirror belongs into Maven's settings.xml." >&2
  exit 3
fi
# The wrapper is replaced by java, so that whoever stops it stops the server.
cat >"$work/temporal-test-server" <<'WRAPPER'
#!/bin/sh
exec java -cp "$(dirname "$0")/lib/*" io.temporal.testserver.TestServer "$@"
WRAPPER
chmod 755 "$work" "$work/temporal-test-server"
# Whoever comes second finds the folder there and takes it: both hold the same.
[ -x "$program" ] || mv "$work" "$dir"
echo "$program"
