#!/usr/bin/env bash
# Writes what of the reference is made from the program: Commands.md, and the table in Settings.md. Tests compare.
#   make-reference.sh HPO [FOLDER]
set -euo pipefail
hpo=$1
folder=${2:-$(dirname "$0")}
here=$(dirname "$0")
unset COLUMNS

{
  echo '# Commands'
  echo
  echo 'What `hpo help` says of each command. `make` targets that run them: `make help`. Exit codes: 0, 1 for a run that failed, 2 for a wrong command or'
  echo 'configuration, 128 + the number of a signal that ended it.'
  echo
  echo '<!-- generated: make reference -->'
  for command in "" train sweep runs evaluate "env list" "env show" settings rollout probe actions video watch \
    "bench training" "bench environments" "bench products" "bench checkpoint"; do
    echo
    echo "## hpo${command:+ $command}"
    echo
    echo '```text'
    # shellcheck disable=SC2086
    "$hpo" help $command </dev/null | sed 's/[[:space:]]*$//' | sed -e :a -e '/^\n*$/{$d;N;ba' -e '}'
    echo '```'
  done
} > "$folder/Commands.md.new"
mv "$folder/Commands.md.new" "$folder/Commands.md"

table=$(mktemp)
trap 'rm -f "$table"' EXIT
"$hpo" settings --markdown > "$table"
sed -e '/^<!-- generated: hpo settings --markdown -->$/r '"$table" -e '/^<!-- generated/,/^<!-- end of what is generated -->$/{/^<!--/!d}' \
  "$here/Settings.md" > "$folder/Settings.md.new"
mv "$folder/Settings.md.new" "$folder/Settings.md"
