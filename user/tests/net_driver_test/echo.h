/* Frames that QEMU's user-mode network answers by itself: an ARP request, and ICMP echo requests to the
 * gateway 10.0.2.2, from 10.0.2.15. */
#pragma once

#include <abi/types.h>

enum { ECHO_HEADERS = 14 + 20 + 8, ECHO_PAYLOAD_MAX = 1472, ARP_BYTES = 42 };

/* @return bytes of the frame. */
uint32_t arp_request(uint8_t *frame, const uint8_t mac[6]);
/* Whether it is the gateway's answer; its MAC address then. */
bool arp_is_answer(const uint8_t *frame, uint32_t len, uint8_t out_mac[6]);

/* A request whose payload follows from its number. */
uint32_t echo_request(uint8_t *frame, const uint8_t mac[6], const uint8_t gateway[6],
                      uint16_t number, uint32_t payload_len);
/* Whether it answers a request, byte for byte; which one then. */
bool echo_is_answer(const uint8_t *frame, uint32_t len, uint16_t *out_number);
