#!/usr/bin/env bash
# Builds the documentation site into .build/docs: the pages of this folder, and every module's public symbols. Warnings of docc are
# errors: a link to a page, a heading or a symbol that is not there ends it.
#
# The toolchain's docc is called directly. SwiftPM's plugin would build the package anew for its symbol graphs; here they are taken from
# what `make build` left, in seconds, and nothing is fetched.
#
# Pages are plain Markdown, to be read where the repository is: they link to each other's files. For docc, links to pages become its own,
# and links to other files of the repository their paths.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$(swift build -c release --no-color-diagnostics --show-bin-path)
toolchain=$(dirname "$(readlink -f "$(command -v swift)")")
docc=$toolchain/docc
[ -x "$docc" ] || { echo "make docs: this toolchain has no docc beside $toolchain/swift" >&2; exit 2; }
site=.build/docs
work=.build/docs-work
rm -rf "$work"
mkdir -p "$work/Guide.docc" "$work/archives"

# Pages.
for page in Documentation/*.md CONTRIBUTING.md CHANGELOG.md; do
  name=$(basename "$page")
  [ "$page" = Documentation/README.md ] && name=Guide.md
  sed -E \
    -e '/^<!--.*-->$/d' \
    -e 's#\]\((\.\./|Documentation/)?(CONTRIBUTING|CHANGELOG)\.md#](doc:\2#g' \
    -e 's#\]\((Documentation/)?([A-Za-z]+)\.md(\#[A-Za-z0-9-]+)?\)#](doc:\2\3)#g' \
    -e 's#doc:README#doc:Guide#g' \
    -e 's#!\[([^]]*)\]\(((\.\./)?[^):]+/)([^)/:]+)\)#![\1](\4)#g' \
    -e 's#\[[^]]*\]\(((\.\./)*)([A-Za-z.][^):]*)\)#`\3`#g' \
    "$page" > "$work/Guide.docc/$name"
done
# The first heading's page is the site's root.
sed -i '1a\\n@Metadata {\n  @TechnologyRoot\n}' "$work/Guide.docc/Guide.md"
# Pictures that pages show.
for picture in $(grep -ohE '!\[[^]]*\]\([^):]+\)' Documentation/*.md | sed -E 's/.*\((\.\.\/)?([^)]*)\)/\2/' | sort -u); do
  if [ -e "Documentation/$picture" ]; then cp "Documentation/$picture" "$work/Guide.docc/"; else cp "$picture" "$work/Guide.docc/"; fi
done

# Symbols, module by module: what is imported has to be found, C targets by their module maps.
found=()
for folder in .build/checkouts/*/Sources/*/include Sources/*/include; do found+=(-I "$folder"); done
for map in Sources/*/module.modulemap; do found+=(-I "$(dirname "$map")"); done
for map in "$build"/*.build/module.modulemap; do found+=(-Xcc "-fmodule-map-file=$map"); done
read -ra flags <<< "$(PKG_CONFIG_PATH=$PWD/Vendor/pkgconfig:${PKG_CONFIG_PATH:-} pkg-config --cflags-only-I hdf5 mujoco openblas zlib)"
convert() {  # a name, then docc's arguments
  local name=$1; shift
  # House style documents the parameters that need it, not all of them.
  "$docc" convert "$@" --fallback-display-name "$name" --fallback-bundle-identifier "HamiltonianPolicy.$name" \
    --fallback-default-module-kind Module --disable-parameters-and-returns-validation --warnings-as-errors \
    --transform-for-static-hosting --output-dir "$work/archives/$name.doccarchive" >"$work/$name.log" 2>&1 \
    || { cat "$work/$name.log" >&2; echo "make docs: $name has links that lead nowhere, or other faults of its documentation" >&2; exit 1; }
}
convert Guide "$work/Guide.docc"
modules=0
for sources in Sources/*/; do
  module=$(basename "$sources")
  compgen -G "$sources*.swift" >/dev/null || compgen -G "$sources*/*.swift" >/dev/null || continue
  [ "$module" = hpo ] && continue
  mkdir -p "$work/graphs/$module"
  "$toolchain/swift-symbolgraph-extract" -module-name "$module" -I "$build/Modules" "${found[@]}" "${flags[@]}" \
    -target "$(swift -print-target-info | sed -n 's/.*"triple" *: *"\([^"]*\)".*/\1/p' | head -1)" \
    -output-dir "$work/graphs/$module" -minimum-access-level public -skip-synthesized-members
  catalogue=()
  [ -d "$sources$module.docc" ] && catalogue=("$sources$module.docc")
  convert "$module" "${catalogue[@]}" --additional-symbol-graph-dir "$work/graphs/$module"
  modules=$((modules + 1))
done
rm -rf "$site"
"$docc" merge "$work"/archives/Guide.doccarchive $(ls -d "$work"/archives/*.doccarchive | grep -v Guide) \
  --synthesized-landing-page-name "Hamiltonian Policy Optimization" --output-path "$site"
pages=$(ls "$work/Guide.docc"/*.md | wc -l)
rm -rf "$work"
echo "$site: $pages pages and $modules modules, no warnings; to read it: python3 -m http.server -d $site, then /documentation/guide"
