# SPDX-License-Identifier: MIT OR Apache-2.0
# Runs in the guest as root: prepares it, runs the command whose words are in `argv`, and leaves its
# output and status in the shared directory.
share=/run/xtask
scratch=/run/xtask-scratch
: >"$share/booted"
[ -e "$share/settings" ] && . "$share/settings"

# If the host dies without stopping us, the guest must not live for ever.
(sleep "${life:-900}"; echo o >/proc/sysrq-trigger) >/dev/null 2>&1 &

# The host may miss a request for a file, and the guest an answer (machine.rs): with the next one all is told.
# So there is always a next one.
[ "${pulse:-yes}" = no ] || (while sleep 5; do : >"$share/pulse"; : </etc/passwd; done) >/dev/null 2>&1 &

end() {
    echo "$1" >"$share/status.new" && mv "$share/status.new" "$share/status"
    exit 0
}

export PATH="$share/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
export IPVS_VM="$share" LC_ALL=C.UTF-8
ip link set lo up
. "$share/modules.sh"
if [ "${module:-yes}" = yes ] && ! modprobe ip_vs 2>>"$share/stderr"; then
    echo "error: the guest cannot load ip_vs; is the kernel's package complete? try \`cargo xtask vm clean\`" >>"$share/stderr"
    end 125
fi

# From memory, programs start in half the time: each look at a directory of the host takes a while.
mkdir -p "$scratch"
for directory in bin c; do
    [ -e "$share/$directory" ] || continue
    cp -a "$share/$directory" "$scratch/" && mount --bind "$scratch/$directory" "$share/$directory"
done
mkfifo "$scratch/stdout" "$scratch/stderr"
cat <"$scratch/stdout" >>"$share/stdout" &
copiers=$!
cat <"$scratch/stderr" >>"$share/stderr" &
copiers="$copiers $!"
mapfile -d '' -t command <"$share/argv"
cd "${directory:-/}" 2>/dev/null || cd /
"${command[@]}" <"$share/stdin" >"$scratch/stdout" 2>"$scratch/stderr"
status=$?

# What the command left in the background may hold the pipes open: wait a moment, not for ever.
for _ in $(seq 50); do
    kill -0 $copiers 2>/dev/null || break
    sleep 0.1
done
end "$status"
