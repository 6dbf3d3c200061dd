/* See treap.h. Insertion splits the subtree where the new node's priority belongs; removal merges
 * the node's two subtrees in its place. */
#include "lib/base/treap.h"

#include "lib/base/assert.h"

/* Finaliser of splitmix64: neighbouring addresses get unrelated priorities. */
static uint64_t priority(const struct treap_node *node)
{
    uint64_t z = node->key + 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    return z ^ (z >> 31);
}

void treap_insert(struct treap *treap, struct treap_node *node)
{
    struct treap_node **place = &treap->root;
    while (*place != NULL && priority(*place) >= priority(node)) {
        ASSERT((*place)->key != node->key);
        place = node->key < (*place)->key ? &(*place)->left : &(*place)->right;
    }
    struct treap_node *rest = *place;
    *place = node;
    /* Split what was here into keys below and above the node's. */
    struct treap_node **below = &node->left, **above = &node->right;
    while (rest != NULL) {
        ASSERT(rest->key != node->key);
        if (rest->key < node->key) {
            *below = rest;
            below = &rest->right;
            rest = rest->right;
        } else {
            *above = rest;
            above = &rest->left;
            rest = rest->left;
        }
    }
    *below = NULL;
    *above = NULL;
}

void treap_remove(struct treap *treap, struct treap_node *node)
{
    struct treap_node **place = &treap->root;
    while (*place != node) {
        ASSERT(*place != NULL);
        place = node->key < (*place)->key ? &(*place)->left : &(*place)->right;
    }
    struct treap_node *left = node->left, *right = node->right;
    while (left != NULL && right != NULL) {
        if (priority(left) >= priority(right)) {
            *place = left;
            place = &left->right;
            left = left->right;
        } else {
            *place = right;
            place = &right->left;
            right = right->left;
        }
    }
    *place = left != NULL ? left : right;
    node->left = NULL;
    node->right = NULL;
}

struct treap_node *treap_floor(const struct treap *treap, uint64_t key)
{
    struct treap_node *best = NULL;
    for (struct treap_node *at = treap->root; at != NULL;) {
        if (at->key <= key) {
            best = at;
            at = at->right;
        } else {
            at = at->left;
        }
    }
    return best;
}

struct treap_node *treap_ceiling(const struct treap *treap, uint64_t key)
{
    struct treap_node *best = NULL;
    for (struct treap_node *at = treap->root; at != NULL;) {
        if (at->key >= key) {
            best = at;
            at = at->left;
        } else {
            at = at->right;
        }
    }
    return best;
}
