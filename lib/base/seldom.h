/* SELDOM marks a function that the usual way of its callers passes by: an error, a beginning, an end. It stays a function of
 * its own, laid out with others of its kind, and the branch to it is the one that is not expected. What is left of the
 * caller is shorter and lies on fewer pages: a page of code that runs costs a look-up of the translation after each
 * change of address space, however little of it runs. */
#pragma once

#define SELDOM __attribute__((cold, noinline))
