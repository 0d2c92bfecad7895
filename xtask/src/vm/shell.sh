#!/bin/bash
# SPDX-License-Identifier: MIT OR Apache-2.0
# The login shell of an interactive guest: our tools on PATH, ip_vs loaded.
share=/run/xtask
[ -e "$share/settings" ] && . "$share/settings"
export PATH="$share/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
export IPVS_VM="$share"
ip link set lo up
. "$share/modules.sh"
[ "${module:-yes}" = yes ] && modprobe ip_vs
cd "${directory:-/}" 2>/dev/null || cd /
exec /bin/bash -i
