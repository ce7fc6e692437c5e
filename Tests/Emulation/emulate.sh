#!/usr/bin/env bash
# Runs a command under Linux on a processor that Bochs emulates, instruction by instruction, some hundred times slower than a real one:
#
#   emulate.sh [--processor MODEL] [--ignored NUMBERS] [--memory MEGABYTES] [--minutes LIMIT] FOLDER COMMAND...
#
# FOLDER becomes the root of the file system (in memory), with Debian's busybox for a shell; COMMAND runs in it. What it prints is printed
# here, and its exit code is this script's. `bochs --help cpu` lists the models; corei7_skylake_x is the one with AVX-512 that Linux
# starts on. What the processor has and Linux is to act as if it had not can be named by the numbers that `clearcpuid` takes: with 304
# (AVX-512 F) it does not keep the 512-bit registers. Needs the Debian packages in packages.txt; Linux itself is downloaded, not installed.
set -euo pipefail

# Bochs and Linux disagree on how large the saved registers are in the compact form (XSAVEC, XSAVES), and Linux would keep none wider than
# 128 bits.
processor=corei7_skylake_x ignored=321,323 memory=512 minutes=30
while [ $# -gt 0 ]; do
  case $1 in
    --processor) processor=$2 ;;
    --ignored) ignored+=,$2 ;;
    --memory) memory=$2 ;;
    --minutes) minutes=$2 ;;
    *) break ;;
  esac
  shift 2
done
[ $# -ge 2 ] || { sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }
root=$(readlink -f "$1")
shift
for tool in bochs-bin xorriso cpio busybox; do
  command -v "$tool" >/dev/null || { echo "emulate: needs $tool; see $(dirname "$0")/packages.txt" >&2; exit 2; }
done

# The kernel for virtual machines: small, with a serial console built in.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/hamiltonian-policy/linux
if [ ! -e "$cache/vmlinuz" ]; then
  mkdir -p "$cache"
  new=$(mktemp -d "$cache/new.XXXXXX")
  package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
  (cd "$new" && apt-get download "$package" >&2 && dpkg-deb -x ./*.deb .)
  mv "$new"/boot/vmlinuz-* "$cache/vmlinuz"
  rm -rf "$new"
fi

work=$(mktemp -d)
bochs='' reader=''
# Bochs does not end at a mere request.
trap 'kill -KILL $bochs $reader 2>/dev/null || true; rm -rf "$work"' EXIT

# Two archives one behind the other: the folder as it is, and what starts it.
mkdir -p "$work/start"/{bin,proc,sys,dev,tmp} "$work/disc"
cp "$(command -v busybox)" "$work/start/bin/busybox"
printf -v command '%q ' "$@"
cat >"$work/start/init" <<END
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin:/usr/bin HOME=/tmp
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
dmesg -n 1
echo "--- emulated: started"
$command
echo "--- emulated: ended with \$?"
# The serial line is slower than the end.
sleep 5
poweroff -f
END
chmod +x "$work/start/init"
(cd "$root" && find . -print0 | cpio --quiet --null -o -H newc) >"$work/disc/files"
(cd "$work/start" && find . -print0 | cpio --quiet --null -o -H newc) >>"$work/disc/files"

cp "$cache/vmlinuz" "$work/disc/linux"
cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 "$work/disc/"
cat >"$work/disc/isolinux.cfg" <<END
default linux
label linux
  kernel linux
  append initrd=files console=ttyS0 quiet mitigations=off tsc=reliable no_timer_check random.trust_cpu=on clearcpuid=$ignored
END
xorriso -as mkisofs -quiet -o "$work/disc.iso" -b isolinux.bin -c boot.cat -no-emul-boot -boot-load-size 4 -boot-info-table "$work/disc" \
  2>"$work/xorriso.log" || { cat "$work/xorriso.log" >&2; exit 1; }

touch "$work/console"
cat >"$work/bochsrc" <<END
cpu: model=$processor, count=1, ips=100000000, reset_on_triple_fault=0
megs: $memory
romimage: file=/usr/share/bochs/BIOS-bochs-latest, options=fastboot
vgaromimage: file=/usr/share/vgabios/vgabios.bin
ata0-master: type=cdrom, path=$work/disc.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=$work/console
display_library: term
speaker: enabled=0
log: $work/bochs.log
panic: action=fatal
error: action=report
END
# It draws on a pseudo-terminal of its own, and waits if nobody reads that. Debian's is built with a debugger, whose first and only
# command is to go on.
echo continue >"$work/commands"
TERM=xterm bochs-bin -q -f "$work/bochsrc" -rc "$work/commands" >"$work/screen" 2>&1 </dev/null &
bochs=$!
(
  until terminal=$(sed -n 's/^Bochs connected to screen "\(.*\)".*/\1/p' "$work/screen") && [ -n "$terminal" ]; do sleep 0.2; done
  exec cat "$terminal" >/dev/null 2>&1
) &
reader=$!

# The console is shown as it grows, from the command's first line to its last.
seconds=0 shown=0
while :; do
  lines=$(tr -d '\r' <"$work/console" | sed -n '/^--- emulated: started/,$p' | sed 1d)
  complete=$(printf '%s' "$lines" | grep -c '' || true)
  ending=$(printf '%s\n' "$lines" | sed -n 's/^--- emulated: ended with \([0-9]*\)$/\1/p')
  [ -n "$ending" ] || complete=$((complete > 0 ? complete - 1 : 0))
  if [ "$complete" -gt "$shown" ]; then
    printf '%s\n' "$lines" | sed -n "$((shown + 1)),${complete}p" | grep -v '^--- emulated' || true
    shown=$complete
  fi
  [ -z "$ending" ] || exit "$ending"
  if ! kill -0 "$bochs" 2>/dev/null || [ $seconds -ge $((minutes * 60)) ]; then
    echo "emulate: $([ $seconds -ge $((minutes * 60)) ] && echo "not done after $minutes minutes" || echo "Bochs has ended")" >&2
    tail -n 20 "$work/console" "$work/bochs.log" >&2
    exit 3
  fi
  sleep 2
  seconds=$((seconds + 2))
done
