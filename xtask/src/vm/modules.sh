# SPDX-License-Identifier: MIT OR Apache-2.0
# Read by the guest's scripts: covers the kernel's own modules with those in the shared directory, so
# that whatever loads one, gets ours. Where the name says that it is compressed, ours is, too.
for ours in "$share"/modules/*.ko; do
    [ -e "$ours" ] || continue
    theirs=$(modinfo -n "$(basename "$ours" .ko)")
    case $theirs in *.xz) xz --check=crc32 --keep "$ours" && ours=$ours.xz ;; esac
    mount --bind "$ours" "$theirs" || { echo "error: cannot replace $theirs" >>"$share/stderr"; exit 1; }
done
