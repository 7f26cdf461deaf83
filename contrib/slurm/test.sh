#!/usr/bin/env bash
# Two Slurm nodes on this machine, of which one is killed in the middle of an array: the merged bytes are those of one machine.
# Needs root, and Debian's slurmctld, slurmd, slurm-client and munge; WAITLINE is the program [default: waitline].
set -euo pipefail
waitline=$(command -v "${WAITLINE:-waitline}")
recipe=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
export SLURM_CONF=$work/slurm.conf
pids=()
trap 'kill -9 "${pids[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT
cat > "$SLURM_CONF" <<CONF
ClusterName=waitline
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge.socket
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool-%n
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd-%n.pid
SlurmctldPort=26817
SlurmdTimeout=10
ProctrackType=proctrack/pgid
TaskPlugin=task/none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
NodeName=one NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=26821 CPUs=1 State=UNKNOWN
NodeName=two NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=26822 CPUs=1 State=UNKNOWN
PartitionName=main Nodes=one,two Default=YES MaxTime=INFINITE State=UP
CONF
mkdir -p "$work/state" "$work/spool-one" "$work/spool-two" "$work/munge"
chmod 755 "$work"; chmod 700 "$work/munge"
dd if=/dev/urandom of="$work/munge/key" bs=128 count=1 status=none; chmod 400 "$work/munge/key"
munged --foreground --force --key-file="$work/munge/key" --socket="$work/munge.socket" --pid-file="$work/munge/pid" \
    --log-file="$work/munge/log" --seed-file="$work/munge/seed" 2> "$work/munge.err" & pids+=($!)
for _ in $(seq 50); do [ -S "$work/munge.socket" ] && break; sleep 0.1; done
slurmctld -D -f "$SLURM_CONF" 2> "$work/slurmctld.err" & pids+=($!)
slurmd -D -N one -f "$SLURM_CONF" 2> "$work/one.err" & pids+=($!)
slurmd -D -N two -f "$SLURM_CONF" 2> "$work/two.err" & two=$!; pids+=("$two")
for _ in $(seq 100); do [ "$(sinfo -h -t idle -o %D 2>/dev/null)" = 2 ] && break; sleep 0.3; done
sinfo || { cat "$work"/*.err; exit 1; }

cd "$work"
mkdir bin; ln -s "$waitline" bin/waitline; export PATH=$work/bin:$PATH
waitline init > shop.json
sweep=(shop.json --vary "arrivals=x0.5..x1.5:0.1" --set "run.requests=${REQUESTS:-20000}")
waitline sweep "${sweep[@]}" --out alone --format json > alone.json 2>/dev/null
sbatch --array=1-6 --requeue --output="$work/task-%a.out" "$recipe/sweep.sbatch" "${sweep[@]}"
# The second node dies with what runs on it, once it has a task.
for _ in $(seq 200); do squeue -h -w two -t running | grep -q . && [ -d big/shop/units ] && break; sleep 0.1; done
squeue
job=$(squeue -h -w two -t running -o %A | head -1)
steps=$(pgrep -f "^slurmstepd: \[$job\." || true)
kill -9 "$two"
for step in $steps; do kill -9 $(pgrep -P "$step") "$step" 2>/dev/null || true; done
echo "node two is killed, with job $job on it"
sleep 2
for _ in $(seq 100); do sinfo -h -n two -o %T | grep -q -e down && break; sleep 0.5; done
sinfo; squeue
slurmd -D -N two -f "$SLURM_CONF" 2>> "$work/two.err" & pids+=($!)
for _ in $(seq 600); do [ -z "$(squeue -h)" ] && break; sleep 0.5; done
squeue
scontrol show job "$job" | grep -o -e 'Restarts=[0-9]*' -e 'JobState=[A-Z]*'
scontrol show job "$job" | grep -q 'Restarts=[1-9]' || { echo "nothing was requeued"; exit 1; }
"$recipe/../same_bytes.sh" alone big shop
