/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/* What the module ip_vs_connctl and its callers say to each other. */
#ifndef IP_VS_CONNCTL_UAPI_H
#define IP_VS_CONNCTL_UAPI_H

#define IPVS_CONNCTL_NAME	"ipvs_connctl"
#define IPVS_CONNCTL_VERSION	1

enum {
	/* Deletes the connection with the key of the attributes 1 to 5. */
	IPVS_CONNCTL_CMD_DELETE = 1,
};

enum {
	IPVS_CONNCTL_A_UNSPEC,
	/* u8: IPPROTO_TCP and so on */
	IPVS_CONNCTL_A_PROTOCOL,
	/* 4 or 16 bytes, network byte order; both addresses are of one family */
	IPVS_CONNCTL_A_CLIENT_ADDR,
	/* u16, network byte order */
	IPVS_CONNCTL_A_CLIENT_PORT,
	IPVS_CONNCTL_A_VIRTUAL_ADDR,
	IPVS_CONNCTL_A_VIRTUAL_PORT,
	/* flag: delete the persistence template of the connection as well */
	IPVS_CONNCTL_A_TEMPLATE,

	__IPVS_CONNCTL_A_MAX
};

#define IPVS_CONNCTL_A_MAX	(__IPVS_CONNCTL_A_MAX - 1)

#endif
