#!/bin/sh
# SPDX-License-Identifier: MIT OR Apache-2.0
# Restores /etc/ipvsadm.rules, all or nothing, or saves the complete state there: what
# ipvsadm-rs.service does at start and stop.
set -eu

ipvsadm=/usr/sbin/ipvsadm
rules=$(readlink -f /etc/ipvsadm.rules)

restore() {
    # Debian's package brings a file with nothing but a comment; that is not a wish for an empty table.
    if ! grep -qs '^[[:space:]]*[^#[:space:]]' "$rules"; then
        echo "$rules has no rules: nothing to restore"
        return
    fi
    "$ipvsadm" -R --atomic <"$rules"
}

save() {
    # What is there stays until the new file is complete and on the disk.
    new=$(mktemp "$rules.XXXXXX")
    trap 'rm -f "$new"' EXIT
    "$ipvsadm" -S --full >"$new"
    if [ -e "$rules" ]; then
        chmod --reference="$rules" "$new"
        ln -f "$rules" "$rules.old"
    fi
    sync "$new"
    mv -f "$new" "$rules"
    sync "$(dirname "$rules")"
}

case "${1-}" in
restore | save) "$1" ;;
*)
    echo "usage: $0 restore|save" >&2
    exit 2
    ;;
esac
