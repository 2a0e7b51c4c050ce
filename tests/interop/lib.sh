# SPDX-License-Identifier: GPL-3.0-or-later
# Shared by the scripts of this folder; source it, do not run it.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SKIP_CODE=77

say() { printf '%s\n' "$*"; }
die() { printf 'ERROR: %s\n' "$*" >&2; exit 1; }

# skip SUITE WHY: with require=1 a failure, else the skip code of ctest.
skip() {
    if [ "${require:-0}" = 1 ]; then
        printf 'FAILED: %s: %s (required)\n' "$1" "$2"
        return 1
    fi
    printf 'SKIPPED: %s: %s\n' "$1" "$2"
    return $SKIP_CODE
}

# Prints why Java suites cannot run, or nothing.
java_missing() {
    command -v java >/dev/null || { echo "no java on PATH"; return; }
    command -v javac >/dev/null || { echo "no javac on PATH (a JDK is needed, not only a JRE)"; return; }
    command -v mvn >/dev/null || { echo "no mvn on PATH"; return; }
    local v
    v=$(javac -version 2>&1 | sed -n 's/^javac \([0-9]*\).*/\1/p')
    [ "${v:-0}" -ge 17 ] || echo "JDK 17 or newer is needed, found ${v:-none}"
}

# maven_build FOLDER OUT [mvn options]: FOLDER/OUT/class-path.txt and classes.
# Nothing is started when the output is newer than all sources and every jar is there;
# else offline Maven first, and only then the network.
maven_build() {
    local dir=$1 out=$1/$2; shift 2
    local stamp=$out/interop.stamp log
    mkdir -p "$dir/target"
    (
        flock 9
        if [ -f "$stamp" ] && [ -z "$(find "$dir/pom.xml" "$dir/src" -newer "$stamp" -type f 2>/dev/null | head -1)" ] \
                && all_jars "$out/class-path.txt"; then
            exit 0
        fi
        log=$(mktemp)
        if ! (cd "$dir" && mvn -q -B -o "$@" process-classes) >"$log" 2>&1; then
            if ! (cd "$dir" && mvn -q -B "$@" process-classes) >"$log" 2>&1; then
                grep -m 12 ERROR "$log" >&2
                if grep -q 'COMPILATION ERROR' "$log"; then rm -f "$log"; exit 2; fi
                rm -f "$log"; exit 1
            fi
        fi
        rm -f "$log"
        mkdir -p "$out"
        touch "$stamp"
    ) 9>"$dir/target/interop.lock"
}

all_jars() {
    [ -s "$1" ] || return 1
    local f
    while IFS= read -r -d: f || [ -n "$f" ]; do
        [ -e "$f" ] || return 1
    done < "$1"
}

# port_open PORT [HOST]
port_open() { (exec 3<>"/dev/tcp/${2:-127.0.0.1}/$1") 2>/dev/null; }

# free_ports COUNT: first of COUNT neighbouring loopback ports nobody listens on.
# Kept below the usual ephemeral range, so that a client socket does not take one meanwhile.
free_ports() {
    local n=$1 p i try
    for try in $(seq 200); do
        p=$((12000 + RANDOM % 18000))
        for ((i = 0; i < n; i++)); do
            port_open $((p + i)) && continue 2
        done
        echo "$p"
        return 0
    done
    die "no free ports"
}

# wait_port PORT PID SECONDS [HOST]
wait_port() {
    local end=$((SECONDS + $3))
    until port_open "$1" "${4:-}"; do
        kill -0 "$2" 2>/dev/null || return 1
        [ $SECONDS -lt $end ] || return 1
        sleep 0.1
    done
}

# wait_broker NAMESRV_PORT BROKER_PID BROKER_NAME SECONDS: until the NameServer lists the broker
# (a plain request with code 106, read back as text).
wait_broker() {
    local end=$((SECONDS + $4))
    local head='{"code":106,"flag":0,"language":"JAVA","opaque":1,"serializeTypeCurrentRPC":"JSON","version":479}'
    local n=${#head} frame
    frame=$(printf '\\x%02x' 0 0 0 $((n + 4)) 0 0 0 $n)
    until (
        exec 3<>"/dev/tcp/127.0.0.1/$1" || exit 1
        printf "$frame%s" "$head" >&3
        timeout 2 dd bs=65536 count=1 status=none <&3 | tr -d '\0' | grep -aq "\"$3\""
    ) 2>/dev/null; do
        kill -0 "$2" 2>/dev/null || return 1
        [ $SECONDS -lt $end ] || return 1
        sleep 0.2
    done
}

# stop_pid PID SECONDS: SIGTERM, then SIGKILL when it does not end. Fails if the kill was needed.
stop_pid() {
    local end=$((SECONDS + $2))
    kill -TERM "$1" 2>/dev/null || return 0
    while kill -0 "$1" 2>/dev/null; do
        if [ $SECONDS -ge $end ]; then
            kill -KILL "$1" 2>/dev/null
            return 1
        fi
        sleep 0.1
    done
}
