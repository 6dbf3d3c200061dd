/* Data that each switch between processes touches lies together, on one page: under emulation a switch drops
 * every translation, and what comes after it pays for each page anew. What there is of for every CPU
 * comes last, so that the rest shares a page with the first CPUs' part. */
#pragma once

#define HOT_DATA __attribute__((section(".data.hot")))
#define HOT_DATA_PER_CPU __attribute__((section(".data.hot.cpus")))

/* What most calls on files and streams touch, on the next page. */
#define WARM_DATA __attribute__((section(".data.warm")))
