#!/usr/bin/env bash
# Builds Bullet as the shared library that the Roboschool tasks load: Vendor/bullet and Assets/bullet. Safe to run again at any
# time; what was built once stays in the user's cache.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# pybullet's own build minus what needs a display: -O2 and these definitions; double precision as pybullet's. Contraction to
# fused multiply-add, a compiler's choice on some machines, stays off so that all machines compute the same.
flags=(-O2 -DNDEBUG -w -fPIC -ffp-contract=off -fvisibility=hidden -fvisibility-inlines-hidden -D_LINUX -DBT_USE_DOUBLE_PRECISION
  -DBT_THREADSAFE=1 -DSKIP_STATIC_TINYRENDERER_PLUGIN -Isrc -Iexamples -Iexamples/ThirdPartyLibs -Iexamples/SharedMemory -IExtras)
sources="$root/Vendor/bullet-sources.txt"
models=(mjcf/humanoid_symmetric.xml plane_stadium.sdf plane100.obj cube_small.urdf cube.obj sphere2red_nocol.urdf sphere_smooth.obj)

# Two things in Bullet depend on what the heap happens to hold or where it lies, and contacts, solved in the order in which
# they are found, pass it on to trajectories. Here both are settled, to what a fresh heap would give:
# - nodes of the bounding-volume trees are ordered by address: now by age;
# - links between a MuJoCo body's joints enter those trees at a pose that nobody wrote: now all zero. In pybullet most are zero
#   too, the first few hold what was freed before them: parts of the parsed floor, names, Python's own objects. This alone is
#   what makes one process of pybullet's differ from the next.
settle_order() {
  local header=src/BulletCollision/BroadphaseCollision/btDbvt.h code=src/BulletCollision/BroadphaseCollision/btDbvt.cpp
  local importer=examples/Importers/ImportMJCFDemo/BulletMJCFImporter.cpp
  sed -i -e 's/^\tbtDbvtNode\* parent;/&\n\tint age;/' -e 's/^\tbtDbvtNode\* m_free;/&\n\tint m_created = 0;/' $header
  sed -i -e 's/^\t\tnode = new (btAlignedAlloc(sizeof(btDbvtNode), 16)) btDbvtNode();/&\n\t\tnode->age = ++pdbvt->m_created;/' \
    -e 's/if (p > n)/if (p \&\& p->age > n->age)/' $code
  sed -i -e 's/^\t\tlinkPtr->m_linkIndex = orgChildLinkIndex;/&\n\t\tlinkPtr->m_linkTransformInWorld = btTransform(btMatrix3x3(0, 0, 0, 0, 0, 0, 0, 0, 0));/' \
    $importer
  [ "$(grep -c 'int age;\|int m_created = 0;' $header)/$(grep -c 'node->age = ++\|p->age > n->age' $code)/$(
    grep -c 'btMatrix3x3(0, 0, 0, 0, 0, 0, 0, 0, 0)' $importer)" = 2/2/1 ] \
    || fail "Bullet's sources are not what Vendor/build-bullet.sh expects; does Vendor/pins/bullet.txt match it?"
}

# A new world per episode costs mostly the zeroing of memory that is zero already, or is written before it is read: Bullet's
# aligned blocks, which its allocator clears first, and two buffers of 8 MB for data that is streamed from the simulation.
zero_once() {
  local allocator=src/LinearMath/btAlignedAllocator.cpp client=examples/SharedMemory/PhysicsDirect.cpp
  local again='memset((char\*) ret, 0, size);' stream='memset(m_bulletStreamDataServerToClient, 0, '
  [ "$(grep -c "$again" $allocator)/$(grep -c "$stream" $client)/$(grep -c 'memset(data,0,size);' $allocator)" = 1/1/1 ] \
    || fail "Bullet's sources are not what Vendor/build-bullet.sh expects; does Vendor/pins/bullet.txt match it?"
  sed -i "/$again/d" $allocator
  sed -i "/$stream/d" $client
}

# build FOLDER — unpacks the source distribution in $package, compiles it and leaves lib, include, models and licenses in FOLDER.
build() {
  command -v g++ >/dev/null || fail "g++ is needed to build Bullet; 'make setup-bullet' installs it, or: apt-get install g++"
  local started=$SECONDS work="$1/work"
  say "building Bullet, once: $(grep -c . "$sources") files, about a minute and a half on two cores"
  mkdir -p "$work" "$1/lib" "$1/include/SharedMemory" "$1/include/Bullet3Common" "$1/models" "$1/licenses"
  tar xzf "$package" --strip-components=1 -C "$work"
  (
    cd "$work"
    settle_order
    zero_once
    mkdir .objects
    # Bullet's message hooks are not marked for export as its C API is.
    compile() {
      local visibility=(); [ "$1" = src/Bullet3Common/b3Logging.cpp ] && visibility=(-fvisibility=default)
      g++ $flags_line "${visibility[@]}" -c "$1" -o ".objects/${1//\//_}.o"
    }
    export -f compile; export flags_line="${flags[*]}"
    xargs -P "$(nproc)" -I{} bash -c 'compile {}' < "$sources" \
      || fail "Bullet did not compile; the compiler's message is above"
    g++ -shared .objects/*.o -o "$1/lib/libhpobullet.so" -Wl,--no-undefined -Wl,-Bsymbolic -Wl,-s -pthread -ldl \
      || fail "Bullet did not link; the linker's message is above"
    cp examples/SharedMemory/{Physics*_C_API,PhysicsDirectC_API,PhysicsClientC_API,SharedMemoryPublic}.h "$1/include/SharedMemory/"
    cp src/Bullet3Common/b3Logging.h "$1/include/Bullet3Common/"
    cp LICENSE.txt AUTHORS.txt "$1/licenses/"
    local model
    for model in "${models[@]}"; do
      mkdir -p "$(dirname "$1/models/$model")"
      cp "examples/pybullet/gym/pybullet_data/$model" "$1/models/$model"
    done
  )
  rm -rf "$work"
  say "built Bullet in $((SECONDS - started)) s"
}

mkdir -p "$cache"
exec 9> "$cache/bullet.lock"
flock --nonblock 9 || { say "waiting for another build of Bullet to end"; flock 9; }

# What stands in Vendor/no-build spares pip from running pybullet's own setup.
PYTHONPATH="$root/Vendor/no-build" cached bullet --no-binary :all: --use-pep517 --no-build-isolation

key=$(printf '%s\n' "$hash" "$machine" "$(g++ -dumpfullversion 2>/dev/null || true)" "${flags[@]}" "${models[@]}" "$(cat "$sources")" \
  "$(declare -f settle_order zero_once build)" | sha256sum | cut -c1-64)
built="$cache/bullet-$key"
if ! unpacked "$built" "$key"; then
  rm -rf "$built.part"
  build "$built.part"
  install_folder "$built.part" "$built" "$key"
fi

header="$root/Sources/CBullet/include/CBullet.h"
stamp="$key-$(sha256sum < "$header" | cut -c1-64)"
if ! unpacked "$root/Vendor/bullet" "$stamp"; then
  g++ -std=c++11 -fsyntax-only -I"$built/include" -I"$(dirname "$header")" "$root/Vendor/check-bullet.cpp" \
    || fail "Sources/CBullet does not declare what Bullet's headers do; the compiler's message is above"
  staging=$(mktemp -d "$root/Vendor/.staging-XXXXXX")
  chmod 755 "$staging"
  cp -R "$built/lib" "$built/include" "$built/licenses" "$staging/"
  install_folder "$staging" "$root/Vendor/bullet" "$stamp"
fi
if ! unpacked "$root/Assets/bullet" "$key"; then
  staging=$(mktemp -d "$root/Assets/.staging-XXXXXX")
  chmod 755 "$staging"
  cp -R "$built/models/." "$built/licenses" "$staging/"
  install_folder "$staging" "$root/Assets/bullet" "$key"
fi
