/* Which network addresses are not on the public internet. */
#pragma once

#include <stdbool.h>
#include <sys/socket.h>

/* This machine: 127.0.0.0/8, ::1, also in an IPv6 coat. */
bool address_is_loopback(const struct sockaddr *address);

/* An address of no public host: private, link-local, loopback, multicast, documentation, or an
 * IPv6 form that carries such an IPv4 address. Anything but IPv4 and IPv6 counts as private. */
bool address_is_private(const struct sockaddr *address);
