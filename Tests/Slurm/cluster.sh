#!/usr/bin/env bash
# cluster.sh COMMAND…: runs a command beside a Slurm of one node and two processors, and stops that afterwards. Nothing outside a temporary
# folder is touched: daemons have their own configuration, sockets, ports and process ids. Needs root, slurm-wlm and munge.
#
# The command sees SLURM_CONF, which all of Slurm's tools follow, and HPO_SLURM_FOLDER, in which the daemons' pid files and logs are.
# Partition 'low' gives way to 'high': its jobs are requeued, with 20 seconds to save.
set -euo pipefail

die() { echo "cluster.sh: $*" >&2; exit 1; }

for program in munged slurmctld slurmd sbatch; do command -v "$program" >/dev/null || die "there is no $program; apt-get install slurm-wlm munge"; done
[ "$(id -u)" = 0 ] || die "only root can start slurmd"
[ $# -gt 0 ] || die "run what?"

folder=$(mktemp -d "${TMPDIR:-/tmp}/hpo-slurm.XXXXXX")
node=$(hostname -s)
port=${HPO_SLURM_PORT:-26817}
mkdir "$folder/munge" "$folder/state" "$folder/spool"
chmod 755 "$folder"
chmod 700 "$folder/munge" # munged starts with no other
head -c 128 /dev/urandom > "$folder/munge/key"
chmod 400 "$folder/munge/key"

export SLURM_CONF=$folder/slurm.conf HPO_SLURM_FOLDER=$folder
cat > "$SLURM_CONF" <<END
ClusterName=hpo
SlurmctldHost=$node(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
AuthType=auth/munge
# What is requeued waits until its old credential has expired: two minutes unless told otherwise.
AuthInfo=socket=$folder/munge/socket,cred_expire=5
CredType=cred/munge
# No control groups, no accounts, no mail: processes alone.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SwitchType=switch/none
MpiDefault=none
MailProg=/bin/true
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=batch_sched_delay=0,sched_interval=5
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
JobRequeue=1
KillWait=10
ReturnToService=2
NodeName=$node NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=low Nodes=ALL Default=YES PriorityTier=1 GraceTime=20 MaxTime=INFINITE State=UP
PartitionName=high Nodes=ALL PriorityTier=9 PreemptMode=OFF MaxTime=INFINITE State=UP
END
# Newer ones look for control groups unless told not to; older ones do not know the word.
version=$(slurmd -V) version=${version#* } version=${version%%.*}
[ "$version" -lt 23 ] || echo "CgroupPlugin=disabled" > "$folder/cgroup.conf"

stop() {
  local file pid
  scancel --user=root >/dev/null 2>&1 || true
  for _ in $(seq 200); do [ -n "$(squeue --noheader 2>/dev/null)" ] || break; sleep 0.1; done
  for file in slurmd.pid slurmctld.pid munge/munged.pid; do
    pid=$(cat "$folder/$file" 2>/dev/null) || continue
    kill "$pid" 2>/dev/null || continue
    for _ in $(seq 100); do kill -0 "$pid" 2>/dev/null || break; sleep 0.1; done
    kill -KILL "$pid" 2>/dev/null || true
  done
  [ -n "${failed:-}" ] && echo "cluster.sh: logs are in $folder" >&2 || rm -rf "$folder"
}
failed=1
trap stop EXIT

until_works() { # until_works WHAT COMMAND…
  local what=$1; shift
  for _ in $(seq 300); do "$@" >/dev/null 2>&1 && return; sleep 0.1; done
  die "$what did not start; see $folder/*.log"
}

munged --force --key-file="$folder/munge/key" --socket="$folder/munge/socket" --pid-file="$folder/munge/munged.pid" \
  --log-file="$folder/munge/log" --seed-file="$folder/munge/seed"
until_works munged test -S "$folder/munge/socket"
slurmctld
until_works slurmctld scontrol ping
slurmd
until_works slurmd sh -c 'sinfo --noheader --format=%t | grep -qx idle'

"$@"
failed=
