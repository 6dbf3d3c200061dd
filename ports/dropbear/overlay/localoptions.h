/* What a server on swos has and has not: no users to become, nothing forwarded, one kind of key of its own. */
#pragma once

#define DROPBEAR_SVR_MULTIUSER 0
#define DROPBEAR_REEXEC 0
#define DROPBEAR_SVR_LOCALTCPFWD 0
#define DROPBEAR_SVR_REMOTETCPFWD 0
#define DROPBEAR_SVR_AGENTFWD 0
#define DROPBEAR_SFTPSERVER 0
#define DROPBEAR_X11FWD 0
#define DO_MOTD 0
