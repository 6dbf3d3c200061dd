/* qemucount: a QEMU TCG plugin that counts executed instructions, translated blocks and touched pages
 * between marks of the guest (tools/qemucount/marks.h). Its arguments are figures; at the end of QEMU each
 * one that came to its end is a line of the report channel:
 *
 *   -plugin build/tools/qemucount.so,boot=0,call=1-2/1000,leg=3-4
 *   @@count boot.instructions 399000
 *   @@count boot.blocks 2900
 *   @@count boot.block_instructions 15000
 *   @@count call.instructions 140
 *   @@count leg.instructions 500
 *   @@count leg.pages 9
 *
 * Exact with one CPU; with more, the additions race. The declarations below are the part of QEMU's
 * plugin interface, version 1, that is used (QEMU 7.2, docs/devel/tcg-plugins.rst). */
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "tools/qemucount/marks.h"

#define EXPORT __attribute__((visibility("default")))

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info_t;
enum { QEMU_PLUGIN_INLINE_ADD_U64 = 0, QEMU_PLUGIN_CB_NO_REGS = 0, QEMU_PLUGIN_MEM_RW = 3 };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
                                           void (*callback)(qemu_plugin_id_t,
                                                            struct qemu_plugin_tb *));
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, void (*callback)(qemu_plugin_id_t, void *),
                                    void *user);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *instruction);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *instruction);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *instruction, int operation,
                                                void *pointer, uint64_t value);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *instruction,
                                            void (*callback)(unsigned, void *), int flags,
                                            void *user);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *instruction,
                                      void (*callback)(unsigned, uint32_t, uint64_t, void *),
                                      int flags, int accesses, void *user);
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc,
                               char **argv);
EXPORT int qemu_plugin_version = 1;

enum { FIGURES_MAX = 32 };

static struct mark_figure figures[FIGURES_MAX];
static int figure_count;
static struct mark_sample now;
static bool has_pages; /* Some figure has. */
static struct page_visit visit;

/* `hint #imm7` is 0xd503201f with imm7 at bit 5. */
static bool is_mark(const void *bytes, int *out_mark)
{
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    if ((word & 0xfffff01f) != 0xd503201f || (word >> 9 & 7) != 7)
        return false;
    *out_mark = (int)(word >> 5 & 15);
    return true;
}

static void mark_executed(unsigned cpu, void *user)
{
    (void)cpu;
    for (int i = 0; i < figure_count; i++)
        mark_figure_pass(&figures[i], (int)(intptr_t)user, &now);
}

static void touch(uint64_t address)
{
    for (int i = 0; i < figure_count; i++)
        mark_figure_touch(&figures[i], &visit, address);
}

/* `user` is the instruction's address. */
static void page_executed(unsigned cpu, void *user)
{
    (void)cpu;
    page_visit_execute(&visit, (uintptr_t)user);
    touch((uintptr_t)user);
}

static void memory_accessed(unsigned cpu, uint32_t access, uint64_t address, void *user)
{
    (void)cpu, (void)access, (void)user;
    touch(address);
}

/* Pages of code change where a block begins or a page does, and begin to count at a mark. */
static void watch_pages(struct qemu_plugin_insn *instruction, bool is_first)
{
    uint64_t address = qemu_plugin_insn_vaddr(instruction);
    if (is_first || (address & 0xfff) == 0)
        qemu_plugin_register_vcpu_insn_exec_cb(instruction, page_executed, QEMU_PLUGIN_CB_NO_REGS,
                                               (void *)(uintptr_t)address);
    qemu_plugin_register_vcpu_mem_cb(instruction, memory_accessed, QEMU_PLUGIN_CB_NO_REGS,
                                     QEMU_PLUGIN_MEM_RW, NULL);
}

static void block_translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    size_t len = qemu_plugin_tb_n_insns(block);
    (void)id;
    now.blocks++;
    now.block_instructions += len;
    for (size_t i = 0; i < len; i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(block, i);
        int mark = -1;
        qemu_plugin_register_vcpu_insn_exec_inline(instruction, QEMU_PLUGIN_INLINE_ADD_U64,
                                                   &now.instructions, 1);
        if (is_mark(qemu_plugin_insn_data(instruction), &mark))
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, mark_executed,
                                                   QEMU_PLUGIN_CB_NO_REGS, (void *)(intptr_t)mark);
        if (has_pages)
            watch_pages(instruction, i == 0 || mark >= 0);
    }
}

static void figure_print(const struct mark_figure *figure)
{
    struct mark_sample cost = mark_figure_cost(figure);
    fprintf(stderr, "@@count %s.instructions %" PRIu64 "\n", figure->name, cost.instructions);
    if (mark_figure_has_blocks(figure)) {
        fprintf(stderr, "@@count %s.blocks %" PRIu64 "\n", figure->name, cost.blocks);
        fprintf(stderr, "@@count %s.block_instructions %" PRIu64 "\n", figure->name,
                cost.block_instructions);
    }
    if (mark_figure_has_pages(figure))
        fprintf(stderr, "@@count %s.pages %" PRIu32 "\n", figure->name, figure->pages.count);
}

/* Only now, when the guest's last line is out: earlier, these would fall into the middle of one. */
static void machine_ended(qemu_plugin_id_t id, void *user)
{
    (void)id, (void)user;
    fputc('\n', stderr);
    mark_executed(0, (void *)(intptr_t)MARK_COUNT);
    for (int i = 0; i < figure_count; i++)
        if (figures[i].has_ended)
            figure_print(&figures[i]);
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (figure_count == FIGURES_MAX || !mark_figure_parse(argv[i], &figures[figure_count])) {
            fprintf(stderr, "qemucount: not a figure: %s\n", argv[i]);
            return 1;
        }
        has_pages |= mark_figure_has_pages(&figures[figure_count]);
        figure_count++;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, block_translated);
    qemu_plugin_register_atexit_cb(id, machine_ended, NULL);
    return 0;
}
