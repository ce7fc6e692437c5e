#!/usr/bin/env bash
# Documentation/FirstHour.md to the letter: every command in a fresh clone of what is committed here, with nothing of this shell's
# environment and a new home, so that nothing is built or fetched yet. Twenty minutes on two cores.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
git clone -q "$root" "$work/hamiltonian-policy"
mkdir "$work/home"

# The page's commands and files, in order; blocks that are not run are left out.
awk -v page=Documentation/FirstHour.md '
  /^<!-- / { mark = mark $0 }
  /^```/ {
    if (open) { if (open == "file") print "END OF FILE"; open = ""; mark = ""; next }
    language = substr($0, 4)
    if (match(mark, /<!-- file: [^ ]+/)) { open = "file"; print "cat > " substr(mark, RSTART + 11, RLENGTH - 11) " <<\"END OF FILE\"" }
    else if (language == "sh" && mark !~ /not run/) { open = "sh"; print "echo \"" page ", line " NR ": $((SECONDS / 60)) min $((SECONDS % 60)) s\"" }
    else open = "left out"
    next
  }
  open == "sh" || open == "file" { print }
  !/^<!-- / && NF && !open { mark = "" }
' "$root/Documentation/FirstHour.md" > "$work/commands.sh"
echo 'echo "the end: $((SECONDS / 60)) min $((SECONDS % 60)) s"; ls -l figures' >> "$work/commands.sh"
cd "$work/hamiltonian-policy"
env -i HOME="$work/home" PATH="$(dirname "$(command -v swift)"):/usr/local/bin:/usr/bin:/bin" bash -euo pipefail "$work/commands.sh"
