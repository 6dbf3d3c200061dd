/* An ordered set of 64-bit keys, intrusive: a binary search tree by key that is a heap by a priority
 * hashed from the key, so that its shape is random whatever the order of insertion and the expected
 * depth is logarithmic. The owner guards it. Keys are distinct. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct treap_node {
    struct treap_node *left;
    struct treap_node *right;
    uint64_t key;
};

struct treap {
    struct treap_node *root;
};

/* node->key is set; no node of that key is in the tree. */
void treap_insert(struct treap *treap, struct treap_node *node);
/* The node is in the tree. */
void treap_remove(struct treap *treap, struct treap_node *node);
/* The node with the greatest key <= key, or NULL. */
struct treap_node *treap_floor(const struct treap *treap, uint64_t key);
/* The node with the least key >= key, or NULL. */
struct treap_node *treap_ceiling(const struct treap *treap, uint64_t key);
